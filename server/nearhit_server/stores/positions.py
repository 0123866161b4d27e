"""Where a list of reports, or of searches in shadow mode, goes on."""

import re
from dataclasses import dataclass
from typing import Final

REPORTS: Final = "reports"
SHADOW_SEARCHES: Final = "shadow_searches"

_CURSOR: Final = re.compile(r"([a-z_]+)\.([0-9]{1,18})\.([0-9]{1,18})")
"""The list, the epoch and the position; 18 digits fit SQLite's integers."""


@dataclass(frozen=True)
class PositionCursor:
    """A list of an epoch has come to `position`. What is put on a list later stands higher, and
    the first above 0."""

    list_name: str
    epoch: int
    position: int = 0

    @classmethod
    def parse(cls, text: str | None, *, list_name: str, epoch: int) -> "PositionCursor":
        """The cursor that `str` wrote, the beginning for None. Raises ValueError for one of
        another list or epoch and for what is none."""
        if text is None:
            return cls(list_name, epoch)
        matched = _CURSOR.fullmatch(text)
        if matched is None:
            raise ValueError("not a cursor")
        name, written_for, position = matched.groups()
        if (name, int(written_for)) != (list_name, epoch):
            raise ValueError("a cursor of another list")
        return cls(list_name, epoch, int(position))

    def __str__(self) -> str:
        return f"{self.list_name}.{self.epoch}.{self.position}"

    def at(self, position: int) -> "PositionCursor":
        """The cursor behind a position of the same list."""
        return PositionCursor(self.list_name, self.epoch, position)
