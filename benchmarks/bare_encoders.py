"""How fast the model is with nothing around it, in batches of the size that suits it best.

Its texts are all there from the start and need not be tokenized any more: what a server does,
which can only gather what its callers happen to ask at a time, is measured against that.
"""

import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.padded_model import padded_model
from nearhit_server.core.ports import TokenizedText
from nearhit_server.encoders.local import LocalOptions, open_local_model
from nearhit_server.encoders.local.torch_runtime import load_model
from nearhit_server.encoders.model_files import DEFAULT_MODEL, locate

_BATCH_TOKENS = (256, 512, 1_024, 2_048, 4_096)
_BATCH_TEXTS = (8, 16, 32, 64)

_PADDED = "OpenVINO, padded"

Batch = Sequence[TokenizedText]

Encode = Callable[[], Awaitable[None]]
"""Encodes all the texts once."""


class BareEncoder:
    """A way to run the model, by size of the batches."""

    def __init__(self, name: str, sizes: dict[str, Encode], *, texts: int) -> None:
        self.name = name
        self._sizes = sizes
        self._texts = texts
        self.best = next(iter(sizes))

    async def find_best(self, seconds: float) -> dict[str, float]:
        """Texts a second at each size, for so many seconds each. Shapes that the runtime has not
        seen yet take longer, so that the first time does not count."""
        for encode in self._sizes.values():
            await encode()
        rates = {size: await self._rate(size, seconds) for size in self._sizes}
        self.best = max(rates, key=rates.__getitem__)
        return rates

    async def rate(self, seconds: float) -> float:
        """Texts a second at the best size, for so many seconds, and then to the last text."""
        return await self._rate(self.best, seconds)

    async def _rate(self, size: str, seconds: float) -> float:
        began = time.perf_counter()
        encoded = 0
        while (passed := time.perf_counter() - began) < seconds:
            await self._sizes[size]()
            encoded += self._texts
        return encoded / passed


@asynccontextmanager
async def bare_encoders(texts: Sequence[str], cache_dir: Path) -> AsyncIterator[list[BareEncoder]]:
    """As nearhit runs the model; the same without packing, if nearhit packs; and torch."""
    options = LocalOptions(cache_dir=cache_dir, openvino=True)
    async with open_local_model(DEFAULT_MODEL, options) as encoder:
        tokenized = await encoder.tokenize(texts)

        async def as_it_is(batch: Batch) -> None:
            await encoder.encode(batch)

        name = _PADDED if encoder.pads else "OpenVINO, packed"
        sizes = _by_tokens(tokenized, as_it_is, pads=encoder.pads)
        found = [BareEncoder(name, sizes, texts=len(texts))]
        if not encoder.pads:
            with tempfile.TemporaryDirectory() as folder:
                runtime = padded_model(Path(folder))

            async def padded(batch: Batch) -> None:
                runtime.run([text.token_ids for text in batch])

            sizes = _by_tokens(tokenized, padded, pads=True)
            found.append(BareEncoder(_PADDED, sizes, texts=len(texts)))
        found.append(BareEncoder("torch", _on_torch(texts), texts=len(texts)))
        yield found


def _by_tokens(
    tokenized: Batch, run: Callable[[Batch], Awaitable[None]], *, pads: bool
) -> dict[str, Encode]:
    def sized(tokens: int) -> Encode:
        batches = _batches(tokenized, tokens, pads=pads)

        async def encode() -> None:
            for batch in batches:
                await run(batch)

        return encode

    return {f"{tokens:,} tokens": sized(tokens) for tokens in _BATCH_TOKENS}


def _batches(tokenized: Batch, tokens: int, *, pads: bool) -> list[list[TokenizedText]]:
    """Batches of so many tokens: where there is padding it counts, and texts of a length go
    together."""
    batches: list[list[TokenizedText]] = []
    full = 0
    for text in sorted(tokenized, key=_length) if pads else tokenized:
        # Sorted, the next text is the longest so far.
        cost = _length(text) * (len(batches[-1]) + 1 if batches and pads else 1)
        full = cost if pads else full + cost
        if not batches or full > tokens:
            batches.append([])
            full = _length(text)
        batches[-1].append(text)
    return batches


def _length(text: TokenizedText) -> int:
    return len(text.token_ids)


def _on_torch(texts: Sequence[str]) -> dict[str, Encode]:
    """With the texts themselves, as sentence-transformers takes them, and sorts them by length."""
    model = load_model(locate(DEFAULT_MODEL), device="cpu")

    def sized(count: int) -> Encode:
        async def encode() -> None:
            model.encode(list(texts), batch_size=count, show_progress_bar=False)

        return encode

    return {f"{count} texts": sized(count) for count in _BATCH_TEXTS}
