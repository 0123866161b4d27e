"""The server's settings from flags, variables and a file, or what is wrong with them."""

import tomllib
from pathlib import Path

from pydantic import ValidationError
from pydantic_settings import SettingsError

from nearhit_server.cli.failures import fail
from nearhit_server.settings import Settings


def load_settings(config: Path | None, **flags: object) -> Settings:
    """The settings; `flags` that are None were not given. Ends the program with a sentence that
    names the setting if one is wrong."""
    try:
        return Settings.load(config=config, **flags)
    except ValidationError as error:
        fail(_sentence(error))
    except SettingsError as error:
        fail(f"the environment: {error}")
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        fail(f"--config: {error}")


def _sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    unknown = first["type"] == "extra_forbidden"
    problem = "is no setting" if unknown else first["msg"].removeprefix("Value error, ")
    # What settings together are not allowed to be has no place of its own.
    name = ".".join(str(part) for part in first["loc"])
    return f"setting {name}: {problem}" if name else f"settings: {problem}"
