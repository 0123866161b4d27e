"""The batching stage under load: which texts go together, and how many.

.venv/bin/python -m benchmarks.batch_shapes --prompts FILE

So many callers each wait for their text's vector before they bring the next. First come, first
served, or grouped by length, where the model pads; first come where it packs. No server around it.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import structlog

from benchmarks.nearhit_process import CONVERTED_MODELS
from benchmarks.other_work import OtherWork
from benchmarks.padded_model import padded_model
from benchmarks.prompts import add_prompts_option, distinct_prompts
from benchmarks.reporting import paired, print_table, write_json
from nearhit_server.core.embedding.batching import BatchingStage
from nearhit_server.core.ports import Encoder, TokenizedText
from nearhit_server.core.vectors import FloatMatrix
from nearhit_server.encoders.local import LocalOptions, open_local_model
from nearhit_server.encoders.local.runtime import ModelRuntime
from nearhit_server.encoders.model_files import DEFAULT_MODEL

_MAX_TOKENS = (128, 256, 512, 1_024, 2_048)


class Shaped:
    """The model on a runtime, with batches formed as if it padded, or as if it did not."""

    def __init__(self, model: Encoder, runtime: ModelRuntime, *, pads: bool) -> None:
        self.identity = model.identity
        self.dimension = model.dimension
        self.tokenize = model.tokenize
        self.pads = pads
        self._runtime = runtime

    async def encode(self, batch: Sequence[TokenizedText]) -> FloatMatrix:
        """The vectors of the texts."""
        return await asyncio.to_thread(self._runtime.run, [text.token_ids for text in batch])


async def load(
    encoder: Encoder,
    texts: Iterator[TokenizedText],
    *,
    max_tokens: int,
    callers: int,
    seconds: float,
) -> tuple[float, list[float]]:
    """Texts a second, and how long each took."""
    stage = BatchingStage(
        encoder,
        model="shaped",
        max_batch_tokens=max_tokens,
        max_waiting_texts=4 * callers,
        max_waiting_seconds=60,
    )
    latencies: list[float] = []

    async def call() -> None:
        while time.perf_counter() < end:
            began = time.perf_counter()
            await stage.encode([next(texts)])
            latencies.append(time.perf_counter() - began)

    async with stage:
        began = time.perf_counter()
        end = began + seconds
        await asyncio.gather(*(call() for _ in range(callers)))
        return len(latencies) / (time.perf_counter() - began), latencies


async def measure(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """Every way at every size, taking turns."""
    with tempfile.TemporaryDirectory() as folder:
        padded = padded_model(Path(folder))
    options = LocalOptions(cache_dir=CONVERTED_MODELS, openvino=True)
    async with open_local_model(DEFAULT_MODEL, options) as model:
        prompts = list(islice(distinct_prompts(arguments.prompts), arguments.texts))
        texts = cycle(await model.tokenize(prompts))
        ways: dict[str, Encoder] = {
            "padded, first come": Shaped(model, padded, pads=False),
            "padded, by length": Shaped(model, padded, pads=True),
            "packed, first come": model,
        }
        measured: dict[tuple[str, int], list[tuple[float, list[float]]]] = defaultdict(list)
        for _ in range(arguments.rounds):
            for way, encoder in ways.items():
                for max_tokens in _MAX_TOKENS:
                    outcome = await load(
                        encoder,
                        texts,
                        max_tokens=max_tokens,
                        callers=arguments.callers,
                        seconds=arguments.seconds,
                    )
                    measured[way, max_tokens].append(outcome)
    return [
        row(way, max_tokens, rounds, measured["padded, first come", max_tokens])
        for (way, max_tokens), rounds in measured.items()
    ]


def row(
    way: str,
    max_tokens: int,
    rounds: Sequence[tuple[float, list[float]]],
    plain: Sequence[tuple[float, list[float]]],
) -> dict[str, Any]:
    """One way at one size, beside the plainest."""
    rates = [rate for rate, _ in rounds]
    waits = [seconds for _, latencies in rounds for seconds in latencies]
    return {
        "batches": way,
        "tokens at most": max_tokens,
        "texts a second": round(median(rates)),
        "to first come": paired(rates, [rate for rate, _ in plain]),
        "p50 ms": round(median(waits) * 1e3),
        "p99 ms": round(quantiles(waits, n=100)[-1] * 1e3),
    }


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add_prompts_option(parser)
    parser.add_argument("--texts", type=int, default=8_192)
    parser.add_argument("--callers", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="file to write the results to")
    arguments = parser.parse_args()
    others = OtherWork()
    os.environ["HF_HUB_OFFLINE"] = "1"
    # The stage tells of each batch.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("warning"))
    rows = asyncio.run(measure(arguments))
    title = f"{arguments.callers} callers"
    print_table(title, rows)
    write_json(arguments.json, {"other work": others.share(), title: rows})


if __name__ == "__main__":
    main()
