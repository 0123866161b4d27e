"""The models that the settings allow."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Final

from nearhit_server.core.embedding.batching import BatchingStage
from nearhit_server.core.embedding.embedder import Embedder
from nearhit_server.core.embedding.models import Models
from nearhit_server.core.embedding.vector_lru import VectorLru
from nearhit_server.core.observing import Observer
from nearhit_server.core.ports import Clock, EmbeddingTable, Encoder
from nearhit_server.encoders.model_files import DEFAULT_MODEL
from nearhit_server.encoders.openai import EndpointOptions, open_openai
from nearhit_server.settings import EmbeddingCacheMode, Settings

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
        yield Embedder(
            name=name,
            encoder=model.encoder,
            stage=stage,
            memory=VectorLru(max_bytes=settings.embedding_memory_bytes),
            table=table if settings.embedding_cache is EmbeddingCacheMode.STORE else None,
            clock=clock,
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
    # Imported here: it brings torch, for which neither a store that cannot open nor a probe
    # should have to wait.
    runtime = await asyncio.to_thread(import_module, "nearhit_server.encoders.sentence_transformer")
    async with runtime.open_sentence_transformer(source, device=settings.device) as encoder:
        tokens = _CPU_BATCH_TOKENS if encoder.on_cpu else _ACCELERATOR_BATCH_TOKENS
        yield _OpenModel(encoder=encoder, batch_tokens=tokens)


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
