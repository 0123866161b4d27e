"""What operations know of their client."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scope:
    """The client's cache, by its id."""

    cache: str
