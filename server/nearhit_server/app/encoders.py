"""Settings to encoders."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nearhit_server.core.ports import Encoder
from nearhit_server.encoders.local import LocalOptions, open_local_model
from nearhit_server.encoders.model_files import DEFAULT_MODEL
from nearhit_server.encoders.openai import EndpointOptions, open_openai
from nearhit_server.settings import Runtime, Settings

# Measured with all-MiniLM-L6-v2: past this a CPU gains nothing, and its callers wait longer.
_CPU_BATCH_TOKENS: Final = 512
_ACCELERATOR_BATCH_TOKENS: Final = 16_384
_ENDPOINT_BATCH_TOKENS: Final = 65_536
"""Bytes, in this case: under the 300,000 tokens that OpenAI takes in one request."""

_ENDPOINT_PREFIX: Final = "openai:"


@dataclass(frozen=True, kw_only=True)
class OpenEncoder:
    """An encoder, and the batches that suit it."""

    encoder: Encoder
    batch_tokens: int
    concurrent_batches: int = 1


@dataclass(frozen=True, kw_only=True)
class ModelSources:
    """What the models that caches may name are made of."""

    by_name: dict[str, str]
    """A folder, a hub name, or a model behind an endpoint."""

    default_name: str


def model_sources(settings: Settings) -> ModelSources:
    """Every model of the settings by name."""
    sources = {DEFAULT_MODEL: DEFAULT_MODEL} | settings.models
    default = settings.model
    if default not in sources:
        # A folder goes by its last name: what clients know it by should not be a path.
        default = settings.model.removeprefix(_ENDPOINT_PREFIX)
        default = Path(default).name if Path(default).is_dir() else default
        sources[default] = settings.model
    return ModelSources(by_name=sources, default_name=default)


@asynccontextmanager
async def open_encoder(source: str, settings: Settings) -> AsyncIterator[OpenEncoder]:
    """Load a model, or connect to it. Raises ModelError."""
    if source.startswith(_ENDPOINT_PREFIX):
        remote = open_openai(source.removeprefix(_ENDPOINT_PREFIX), _endpoint_options(settings))
        async with remote as encoder:
            yield OpenEncoder(
                encoder=encoder,
                batch_tokens=_ENDPOINT_BATCH_TOKENS,
                concurrent_batches=settings.openai_max_concurrent_requests,
            )
        return
    async with open_local_model(source, local_options(settings)) as encoder:
        tokens = _CPU_BATCH_TOKENS if encoder.on_cpu else _ACCELERATOR_BATCH_TOKENS
        yield OpenEncoder(encoder=encoder, batch_tokens=tokens)


def local_options(settings: Settings) -> LocalOptions:
    """How models run in this process."""
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
