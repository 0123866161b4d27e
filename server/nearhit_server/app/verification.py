"""The verifier over the settings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from nearhit_server.app.encoders import local_options
from nearhit_server.core.embedding.batching import BatchingStage
from nearhit_server.core.observing import Observer, Stage
from nearhit_server.core.verification.verifier import LoadedVerifier, Verifier
from nearhit_server.encoders.model_files import DEFAULT_MODEL
from nearhit_server.encoders.verifier import open_verifier
from nearhit_server.settings import Settings, VerificationMode

VERIFIER: Final = "verifier"
"""What its model is called in metrics and messages."""

_BATCH_TOKENS: Final = 512
"""As for the encoder, which it is made of."""

_MAX_WAITING_PAIRS: Final = 1_000
_MAX_WAITING_SECONDS: Final = 1.0
"""Past this a miss is the better answer."""


def verifies_by_default(settings: Settings) -> bool:
    """Whether new caches use the verifier."""
    return settings.verification is VerificationMode.FULL and settings.model == DEFAULT_MODEL


def make_verifier(settings: Settings, observer: Observer) -> Verifier:
    """The verifier; it is not loaded yet."""
    return Verifier(partial(_open, settings, observer))


@asynccontextmanager
async def _open(settings: Settings, observer: Observer) -> AsyncIterator[LoadedVerifier]:
    async with (
        open_verifier(local_options(settings)) as reader,
        BatchingStage(
            reader,
            model=VERIFIER,
            max_batch_tokens=_BATCH_TOKENS,
            max_waiting_texts=_MAX_WAITING_PAIRS,
            max_waiting_seconds=_MAX_WAITING_SECONDS,
            stages=(Stage.VERIFY_QUEUE, Stage.VERIFY_MODEL),
            observer=observer,
        ) as stage,
    ):
        yield LoadedVerifier(reader, stage)
