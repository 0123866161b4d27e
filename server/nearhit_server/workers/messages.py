"""What a worker tells its parent."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Serving:
    """It answers calls; `ready_line` says where."""

    ready_line: str


@dataclass(frozen=True)
class CannotStart:
    """It ends, and `reason` says why in one plain sentence."""

    reason: str
