"""The models that the settings allow."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from nearhit_server.app.encoders import model_sources, open_encoder
from nearhit_server.core.embedding.batching import BatchingStage
from nearhit_server.core.embedding.embedder import Embedder
from nearhit_server.core.embedding.models import Models
from nearhit_server.core.embedding.shared_vectors import SharedVectors
from nearhit_server.core.embedding.vector_lru import VectorLru
from nearhit_server.core.observing import Observer
from nearhit_server.core.ports import Clock, EmbeddingTable
from nearhit_server.settings import EmbeddingCacheMode, Settings


def make_models(
    settings: Settings, table: EmbeddingTable, clock: Clock, observer: Observer
) -> Models:
    """Every model by name; none is loaded yet."""
    sources = model_sources(settings)
    openers = {
        name: partial(_open_embedder, name, source, settings, table, clock, observer)
        for name, source in sources.by_name.items()
    }
    return Models(openers, default_name=sources.default_name)


@asynccontextmanager
async def _open_embedder(
    name: str,
    source: str,
    settings: Settings,
    table: EmbeddingTable,
    clock: Clock,
    observer: Observer,
) -> AsyncIterator[Embedder]:
    async with AsyncExitStack() as stack:
        model = await stack.enter_async_context(open_encoder(source, settings))
        stage = await stack.enter_async_context(
            BatchingStage(
                model.encoder,
                model=name,
                max_batch_tokens=settings.max_batch_tokens or model.batch_tokens,
                max_waiting_texts=settings.max_waiting_texts,
                max_waiting_seconds=settings.max_waiting_seconds,
                concurrent_batches=model.concurrent_batches,
                observer=observer,
            )
        )
        shared: SharedVectors | None = None
        if settings.embedding_cache is EmbeddingCacheMode.STORE:
            shared = await stack.enter_async_context(
                SharedVectors(table, identity=model.encoder.identity, clock=clock)
            )
        yield Embedder(
            name=name,
            encoder=model.encoder,
            stage=stage,
            memory=VectorLru(max_bytes=settings.embedding_memory_bytes),
            shared=shared,
            observer=observer,
        )
