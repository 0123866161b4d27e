"""Where a list of entries goes on."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from nearhit_server.core.entries import Entry
from nearhit_server.stores.times import to_microseconds


@dataclass(frozen=True)
class ListCursor:
    """A list in the order of last change has come to `updated_us`, and of the entries with just
    that time it has shown `shown`."""

    epoch: int
    updated_us: int = 0
    shown: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str | None, *, epoch: int) -> "ListCursor":
        """The cursor that `str` wrote, the beginning for None. Raises ValueError for one of
        another epoch and for what is none."""
        if text is None:
            return cls(epoch)
        try:
            written_for, updated_us, shown = json.loads(text)
            cursor = cls(int(written_for), int(updated_us), tuple(map(str, shown)))
        except (TypeError, ValueError, RecursionError) as error:
            raise ValueError("not a cursor") from error
        if cursor.epoch != epoch:
            raise ValueError("a cursor of another epoch")
        return cursor

    def __str__(self) -> str:
        return json.dumps([self.epoch, self.updated_us, self.shown], separators=(",", ":"))

    def after(self, entries: Sequence[Entry]) -> "ListCursor":
        """The cursor behind these entries, which come behind this one; there is at least one."""
        updated_us = to_microseconds(entries[-1].updated_at)
        shown = tuple(
            entry.entry_id for entry in entries if to_microseconds(entry.updated_at) == updated_us
        )
        if updated_us == self.updated_us:
            shown = (*self.shown, *shown)
        return ListCursor(self.epoch, updated_us, shown)
