"""Converts the verifier for OpenVINO, in a process of its own.

    python -m nearhit_server.encoders.verifier.conversion ENCODER_FOLDER TARGET_FOLDER

As the conversion of encoders does: what it says last is why it failed.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from nearhit_server.core.errors import ModelError
from nearhit_server.encoders.local.conversion import save_traced
from nearhit_server.encoders.local.converted_model import GRAPH_FILE
from nearhit_server.encoders.local.openvino_runtime import OpenVinoRuntime
from nearhit_server.encoders.verifier.pair_form import load_pair_form
from nearhit_server.encoders.verifier.pair_tokenizer import PairTokenizer, facts_of
from nearhit_server.encoders.verifier.torch_runtime import TorchPairRuntime

_TRIAL_PAIRS: Final = (
    ("How do I reset my password?", "how to change a forgotten password"),
    ("flights to Tokyo in June", "flights to Tokyo in December"),
    ("yes", "no"),
    ("word " * 40, "word " * 30),
)
_MOST_DIFFERENCE: Final = 0.05
"""Between a trial pair's logits before and after the conversion, both in 32-bit floats but for the
weights, which are kept in 16 bits."""


def convert(base: Path, target: Path) -> None:
    """Write the converted verifier over the encoder in `base` to the folder `target`.

    Raises ModelError if it cannot be loaded or converted, or judges otherwise then.
    """
    form = load_pair_form(base)
    graph = target / GRAPH_FILE
    save_traced(form, graph)
    facts = facts_of(base)
    before = TorchPairRuntime(form, device="cpu")
    after = OpenVinoRuntime(graph, facts, precision="f32")
    pairs = [pair.token_ids for pair in PairTokenizer(facts).tokenize(_TRIAL_PAIRS)]
    for batch in (pairs, pairs[:1], pairs[2:]):
        difference = float(np.abs(before.run(batch) - after.run(batch)).max())
        if difference > _MOST_DIFFERENCE:
            raise ModelError(f"judges otherwise when converted (by {difference:.3f})")


def main(arguments: Sequence[str]) -> int:
    """Convert; 1 if that failed."""
    base, target = map(Path, arguments)
    try:
        convert(base, target)
    except ModelError as error:
        print(" ".join(str(error).split()))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
