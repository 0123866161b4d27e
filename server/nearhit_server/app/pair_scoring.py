"""Scores of pairs as a server with these settings would give them."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from nearhit_server.app.encoders import model_sources, open_encoder
from nearhit_server.app.root import StartupError
from nearhit_server.app.verification import make_verifier
from nearhit_server.core.errors import ModelError
from nearhit_server.core.observing import UNOBSERVED
from nearhit_server.core.verification.assessment import Assessor
from nearhit_server.encoders.verifier import load_calibration
from nearhit_server.settings import Settings
from nearhit_server.tuning.cosine_scoring import CosineScorer
from nearhit_server.tuning.scoring import PairScorer
from nearhit_server.tuning.verified_scoring import VerifiedScorer


@asynccontextmanager
async def open_pair_scorer(settings: Settings) -> AsyncIterator[PairScorer]:
    """Open the default model of the settings. Raises StartupError."""
    sources = model_sources(settings)
    async with AsyncExitStack() as stack:
        try:
            model = await stack.enter_async_context(
                open_encoder(sources.by_name[sources.default_name], settings)
            )
        except ModelError as error:
            raise StartupError(str(error)) from error
        similarities = CosineScorer(model.encoder, batch_tokens=model.batch_tokens)
        calibration = load_calibration()
        if model.encoder.identity != calibration.encoder_identity:
            yield similarities
            return
        verifier = await stack.enter_async_context(make_verifier(settings, UNOBSERVED))
        yield VerifiedScorer(similarities, Assessor(calibration, verifier), calibration)
