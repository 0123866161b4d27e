"""The composition root: the only place that knows every adapter."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

from nearhit_server.api.grpc.cache_admin_service import CacheAdminService
from nearhit_server.api.grpc.embedding_cache_service import EmbeddingCacheService
from nearhit_server.api.grpc.semantic_cache_service import SemanticCacheService
from nearhit_server.api.grpc.server import (
    CACHE_ADMIN,
    EMBEDDING_CACHE,
    SEMANTIC_CACHE,
    AddressError,
    GrpcServer,
    Services,
    open_grpc_server,
)
from nearhit_server.clocks import SystemClock
from nearhit_server.core.cache_admin import CacheAdmin
from nearhit_server.core.cache_directory import CacheDirectory
from nearhit_server.core.embedding.batching import BatchingStage
from nearhit_server.core.embedding.embedder import Embedder
from nearhit_server.core.embedding.embedding_cache import EmbeddingCache
from nearhit_server.core.embedding.models import Models
from nearhit_server.core.embedding.vector_lru import VectorLru
from nearhit_server.core.errors import FailedPreconditionError, NearhitError
from nearhit_server.core.limits import Limits
from nearhit_server.core.ports import Clock, EmbeddingTable, Storage
from nearhit_server.core.search import Searcher
from nearhit_server.core.semantic_cache import SemanticCache
from nearhit_server.core.writing import Writer
from nearhit_server.encoders.model_files import DEFAULT_MODEL
from nearhit_server.lifecycle import run_until_stopped
from nearhit_server.settings import EmbeddingCacheMode, Settings
from nearhit_server.store_watch import watched_store
from nearhit_server.stores.embedded import Durability, open_embedded_store
from nearhit_server.stores.failures import StoreStartupError
from nearhit_server.stores.redis import RedisOptions, open_redis_store

# Measured with all-MiniLM-L6-v2: past this a CPU gains nothing, and its callers wait longer.
_CPU_BATCH_TOKENS: Final = 512
_ACCELERATOR_BATCH_TOKENS: Final = 16_384


class StartupError(Exception):
    """The server cannot start; the message is one plain sentence."""


@asynccontextmanager
async def open_application(settings: Settings) -> AsyncIterator[GrpcServer]:
    """A serving server and everything behind it. Raises StartupError."""
    async with AsyncExitStack() as stack:
        try:
            server = await _start(settings, stack)
        except (StoreStartupError, AddressError, NearhitError) as error:
            raise StartupError(str(error)) from error
        yield server


async def serve_until_stopped(settings: Settings) -> None:
    """Serve until a signal ends it. Raises StartupError."""
    async with open_application(settings) as server:
        await run_until_stopped(server, grace_seconds=settings.grace_period_seconds)


async def _start(settings: Settings, stack: AsyncExitStack) -> GrpcServer:
    clock = SystemClock()
    store = await stack.enter_async_context(_open_store(settings, clock))
    models = await stack.enter_async_context(_models(settings, store, clock))
    directory = CacheDirectory(store)
    admin = CacheAdmin(
        store=store,
        directory=directory,
        models=models,
        clock=clock,
        default_threshold=settings.similarity_threshold,
    )
    services = _services(settings, store, models, clock, directory, admin)
    # Before the model, which takes seconds: a port that is in use is told at once.
    server = await stack.enter_async_context(open_grpc_server(settings.grpc, services))
    await _load_default(models)
    await admin.ensure_default_cache()
    await server.start()
    await stack.enter_async_context(
        watched_store(store, server, on_return=admin.ensure_default_cache)
    )
    return server


def _open_store(settings: Settings, clock: Clock) -> AbstractAsyncContextManager[Storage]:
    if settings.store == "embedded":
        durability = Durability(settings.durability)
        return open_embedded_store(settings.data_dir, clock=clock, durability=durability)
    options = RedisOptions(
        algorithm=settings.redis_algorithm,
        max_connections=settings.redis_max_connections,
        command_timeout_seconds=settings.redis_timeout_seconds,
        replicas_to_wait_for=settings.redis_wait_replicas,
    )
    return open_redis_store(settings.store, clock=clock, options=options)


def _models(settings: Settings, table: EmbeddingTable, clock: Clock) -> Models:
    sources = {DEFAULT_MODEL: DEFAULT_MODEL} | settings.models
    default = settings.model
    if default not in sources:
        # A folder goes by its last name: what clients know it by should not be a path.
        default = Path(settings.model).name if Path(settings.model).is_dir() else settings.model
        sources[default] = settings.model
    openers = {
        name: partial(_open_embedder, name, source, settings, table, clock)
        for name, source in sources.items()
    }
    return Models(openers, default_name=default)


@asynccontextmanager
async def _open_embedder(
    name: str, source: str, settings: Settings, table: EmbeddingTable, clock: Clock
) -> AsyncIterator[Embedder]:
    # Imported here: it brings torch, and a store that cannot open should not wait for that.
    from nearhit_server.encoders.sentence_transformer import open_sentence_transformer

    async with AsyncExitStack() as stack:
        encoder = await stack.enter_async_context(
            open_sentence_transformer(source, device=settings.device)
        )
        batch_tokens = _CPU_BATCH_TOKENS if encoder.on_cpu else _ACCELERATOR_BATCH_TOKENS
        stage = await stack.enter_async_context(
            BatchingStage(
                encoder,
                max_batch_tokens=settings.max_batch_tokens or batch_tokens,
                max_waiting_texts=settings.max_waiting_texts,
            )
        )
        yield Embedder(
            name=name,
            encoder=encoder,
            stage=stage,
            memory=VectorLru(max_bytes=settings.embedding_memory_bytes),
            table=table if settings.embedding_cache is EmbeddingCacheMode.STORE else None,
            clock=clock,
        )


async def _load_default(models: Models) -> None:
    try:
        await models.embedder(models.default_name)
    except FailedPreconditionError as error:
        raise StartupError(str(error.__cause__ or error)) from error


def _services(
    settings: Settings,
    store: Storage,
    models: Models,
    clock: Clock,
    directory: CacheDirectory,
    admin: CacheAdmin,
) -> Services:
    limits = Limits(
        max_prompt_characters=settings.max_prompt_characters,
        max_response_bytes=settings.max_response_bytes,
        max_metadata_bytes=settings.max_metadata_bytes,
    )
    cache = SemanticCache(
        directory=directory,
        entries=store,
        searcher=Searcher(entries=store, models=models, clock=clock, limits=limits),
        writer=Writer(entries=store, models=models, clock=clock, limits=limits),
    )
    embeddings = EmbeddingCache(models=models, table=store, limits=limits)
    return {
        SEMANTIC_CACHE: SemanticCacheService(cache).handlers(),
        CACHE_ADMIN: CacheAdminService(admin).handlers(),
        EMBEDDING_CACHE: EmbeddingCacheService(embeddings).handlers(),
    }
