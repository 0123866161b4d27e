"""The models that the settings allow."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from nearhit_server.core.embedding.batching import BatchingStage
from nearhit_server.core.embedding.embedder import Embedder
from nearhit_server.core.embedding.models import Models
from nearhit_server.core.embedding.shared_vectors import SharedVectors
from nearhit_server.core.embedding.vector_lru import VectorLru
from nearhit_server.core.observing import Observer
from nearhit_server.core.ports import Clock, EmbeddingTable, Encoder
from nearhit_server.encoders.local import LocalOptions, open_local_model
from nearhit_server.encoders.model_files import DEFAULT_MODEL
from nearhit_server.encoders.openai import EndpointOptions, open_openai
from nearhit_server.settings import EmbeddingCacheMode, Runtime, Settings

# Measured with all-MiniLM-L6-v2: past this a CPU gains nothing, and its callers wait longer.
_CPU_BATCH_TOKENS: Final = 512
_ACCELERATOR_BATCH_TOKENS: Final = 16_384
_ENDPOINT_BATCH_TOKENS: Final = 65_536
"""Bytes, in this case: under the 300,000 tokens that OpenAI takes in one request."""

_ENDPOINT_PREFIX: Final = "openai:"


@dataclass(frozen=True, kw_only=True)
class _OpenModel:
    """An encoder, and the batches that suit it."""

    encoder: Encoder
    batch_tokens: int
    concurrent_batches: int = 1


def make_models(
    settings: Settings, table: EmbeddingTable, clock: Clock, observer: Observer
) -> Models:
    """Every model by name; none is loaded yet."""
    sources = {DEFAULT_MODEL: DEFAULT_MODEL} | settings.models
    default = settings.model
    if default not in sources:
        # A folder goes by its last name: what clients know it by should not be a path.
        default = settings.model.removeprefix(_ENDPOINT_PREFIX)
        default = Path(default).name if Path(default).is_dir() else default
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
    async with AsyncExitStack() as stack:
        model = await stack.enter_async_context(_open_model(source, settings))
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


@asynccontextmanager
async def _open_model(source: str, settings: Settings) -> AsyncIterator[_OpenModel]:
    if source.startswith(_ENDPOINT_PREFIX):
        remote = open_openai(source.removeprefix(_ENDPOINT_PREFIX), _endpoint_options(settings))
        async with remote as encoder:
            yield _OpenModel(
                encoder=encoder,
                batch_tokens=_ENDPOINT_BATCH_TOKENS,
                concurrent_batches=settings.openai_max_concurrent_requests,
            )
        return
    async with open_local_model(source, _local_options(settings)) as encoder:
        tokens = _CPU_BATCH_TOKENS if encoder.on_cpu else _ACCELERATOR_BATCH_TOKENS
        yield _OpenModel(encoder=encoder, batch_tokens=tokens)


def _local_options(settings: Settings) -> LocalOptions:
    return LocalOptions(
        device=settings.device,
        openvino=None if settings.runtime is Runtime.AUTO else settings.runtime is Runtime.OPENVINO,
        cache_dir=settings.model_cache_dir or settings.data_dir / "models",
        threads=settings.model_threads,
    )


def _endpoint_options(settings: Settings) -> EndpointOptions:
    key = settings.openai_api_key
    return EndpointOptions(
        base_url=settings.openai_base_url,
        api_key=None if key is None else key.get_secret_value(),
        dimensions=settings.openai_dimensions,
        max_input_tokens=settings.openai_max_input_tokens,
        max_request_texts=settings.openai_max_request_texts,
        max_concurrent_requests=settings.openai_max_concurrent_requests,
        timeout_seconds=settings.openai_timeout_seconds,
    )
