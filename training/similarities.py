"""The default encoder's similarity of pairs, computed as the server computes it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from nearhit_server.encoders.local import LocalOptions, open_local_model
from nearhit_server.encoders.model_files import DEFAULT_MODEL
from training.pairs import Pair

_AT_ONCE: Final = 32


async def similarities(pairs: Sequence[Pair], *, cache_dir: Path) -> npt.NDArray[np.float64]:
    """The cosine of each pair, shape (len(pairs),). `cache_dir` keeps the converted encoder."""
    prompts = sorted({prompt for pair in pairs for prompt in (pair.first, pair.second)}, key=len)
    rows = {prompt: row for row, prompt in enumerate(prompts)}
    async with open_local_model(DEFAULT_MODEL, LocalOptions(cache_dir=cache_dir)) as encoder:
        vectors = np.concatenate(
            [
                await encoder.encode(await encoder.tokenize(prompts[start : start + _AT_ONCE]))
                for start in range(0, len(prompts), _AT_ONCE)
            ]
        )
    firsts = vectors[[rows[pair.first] for pair in pairs]]
    seconds = vectors[[rows[pair.second] for pair in pairs]]
    return np.einsum("ij,ij->i", firsts, seconds).astype(np.float64)
