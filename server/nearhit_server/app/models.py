"""The models that the settings allow."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Final

from nearhit_server.core.embedding.batching import BatchingStage
from nearhit_server.core.embedding.embedder import Embedder
from nearhit_server.core.embedding.models import Models
from nearhit_server.core.embedding.vector_lru import VectorLru
from nearhit_server.core.observing import Observer
from nearhit_server.core.ports import Clock, EmbeddingTable
from nearhit_server.encoders.model_files import DEFAULT_MODEL
from nearhit_server.settings import EmbeddingCacheMode, Settings

# Measured with all-MiniLM-L6-v2: past this a CPU gains nothing, and its callers wait longer.
_CPU_BATCH_TOKENS: Final = 512
_ACCELERATOR_BATCH_TOKENS: Final = 16_384


def make_models(
    settings: Settings, table: EmbeddingTable, clock: Clock, observer: Observer
) -> Models:
    """Every model by name; none is loaded yet."""
    sources = {DEFAULT_MODEL: DEFAULT_MODEL} | settings.models
    default = settings.model
    if default not in sources:
        # A folder goes by its last name: what clients know it by should not be a path.
        default = Path(settings.model).name if Path(settings.model).is_dir() else settings.model
        sources[default] = settings.model
    openers = {
        name: partial(_open_embedder, name, source, settings, table, clock, observer)
        for name, source in sources.items()
    }
    return Models(openers, default_name=default)


@asynccontextmanager
async def _open_embedder(
    name: str,
    source: str,
    settings: Settings,
    table: EmbeddingTable,
    clock: Clock,
    observer: Observer,
) -> AsyncIterator[Embedder]:
    # Imported here: it brings torch, for which neither a store that cannot open nor a probe
    # should have to wait.
    runtime = await asyncio.to_thread(import_module, "nearhit_server.encoders.sentence_transformer")
    async with AsyncExitStack() as stack:
        encoder = await stack.enter_async_context(
            runtime.open_sentence_transformer(source, device=settings.device)
        )
        batch_tokens = _CPU_BATCH_TOKENS if encoder.on_cpu else _ACCELERATOR_BATCH_TOKENS
        stage = await stack.enter_async_context(
            BatchingStage(
                encoder,
                model=name,
                max_batch_tokens=settings.max_batch_tokens or batch_tokens,
                max_waiting_texts=settings.max_waiting_texts,
                max_waiting_seconds=settings.max_waiting_seconds,
                observer=observer,
            )
        )
        yield Embedder(
            name=name,
            encoder=encoder,
            stage=stage,
            memory=VectorLru(max_bytes=settings.embedding_memory_bytes),
            table=table if settings.embedding_cache is EmbeddingCacheMode.STORE else None,
            clock=clock,
            observer=observer,
        )
