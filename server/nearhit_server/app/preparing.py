"""Models made ready before a server needs them."""

from nearhit_server.app.encoders import model_sources, open_encoder
from nearhit_server.app.root import StartupError
from nearhit_server.core.errors import ModelError
from nearhit_server.settings import Settings


async def prepare_models(settings: Settings) -> list[str]:
    """Open every model of the settings once, which converts those that want it; their names.

    Raises StartupError.
    """
    sources = model_sources(settings)
    for source in sources.by_name.values():
        try:
            async with open_encoder(source, settings):
                pass
        except ModelError as error:
            raise StartupError(str(error)) from error
    return list(sources.by_name)
