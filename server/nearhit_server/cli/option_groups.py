"""Options that belong together: each field of a dataclass is one."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any


def with_options_of(kind: type[Any], parameter: str) -> Callable[..., Callable[..., None]]:
    """Gives a command the options of `kind` in place of its parameter, which gets the dataclass."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = inspect.signature(command).parameters.values()
        options = inspect.signature(kind).parameters.values()
        parameters = [*(each for each in own if each.name != parameter), *options]

        @wraps(command)
        def with_options(**given: Any) -> None:
            group = kind(**{option.name: given.pop(option.name) for option in options})
            command(**given, **{parameter: group})

        # Where typer looks for what a command takes.
        declared: Any = with_options
        # Keyword-only, so that a parameter with a default may come before one without.
        declared.__signature__ = inspect.Signature(
            [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in parameters]
        )
        declared.__annotations__ = {option.name: option.annotation for option in parameters}
        return with_options

    return decorate
