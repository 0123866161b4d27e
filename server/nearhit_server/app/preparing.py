"""Models made ready before a server needs them."""

from nearhit_server.app.encoders import local_options, model_sources, open_encoder
from nearhit_server.app.root import StartupError
from nearhit_server.app.verification import VERIFIER, verifies_by_default
from nearhit_server.core.errors import ModelError
from nearhit_server.encoders.verifier import open_verifier
from nearhit_server.settings import Settings


async def prepare_models(settings: Settings) -> list[str]:
    """Open every model of the settings and the verifier once, which converts those that want it;
    their names.

    Raises StartupError.
    """
    sources = model_sources(settings)
    for source in sources.by_name.values():
        try:
            async with open_encoder(source, settings):
                pass
        except ModelError as error:
            raise StartupError(str(error)) from error
    if not verifies_by_default(settings):
        return list(sources.by_name)
    try:
        async with open_verifier(local_options(settings)):
            return [*sources.by_name, VERIFIER]
    except ModelError as error:
        raise StartupError(str(error)) from error
