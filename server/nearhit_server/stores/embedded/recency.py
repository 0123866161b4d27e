"""Which entries of one epoch were used least recently."""

from collections import OrderedDict
from collections.abc import Collection, Iterator
from itertools import islice


class Recency:
    """Row ids in the order of their last use, each with its time of expiry in microseconds.

    A use is counted in memory and written to the database later and in batches: `take_unsaved`
    gives what is to be written. After a crash the order is as it was a moment earlier.
    """

    def __init__(self) -> None:
        self._expires_us: OrderedDict[int, int] = OrderedDict()
        self._unsaved: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._expires_us)

    def __contains__(self, row_id: int) -> bool:
        return row_id in self._expires_us

    def put(self, row_id: int, *, expires_us: int) -> None:
        """Note a row as the latest used, new or not. Its use is in the database already."""
        self._expires_us[row_id] = expires_us
        self._expires_us.move_to_end(row_id)
        self._unsaved.pop(row_id, None)

    def use(self, row_id: int, *, used_order: int) -> None:
        """Note a use that is not in the database yet; nothing happens if there is no such row."""
        if row_id in self._expires_us:
            self._expires_us.move_to_end(row_id)
            self._unsaved[row_id] = used_order

    def remove(self, row_id: int) -> None:
        """Forget a row; nothing happens if there is no such row."""
        self._expires_us.pop(row_id, None)
        self._unsaved.pop(row_id, None)

    def least_recent(self, *, now_us: int, without: Collection[int]) -> Iterator[int]:
        """Rows not expired at `now_us` and not among `without`, the longest unused first."""
        for row_id, expires_us in self._expires_us.items():
            if expires_us > now_us and row_id not in without:
                yield row_id

    def take_unsaved(self, limit: int) -> list[tuple[int, int]]:
        """Up to `limit` pairs (row id, used order) to write, given out once."""
        taken = list(islice(self._unsaved.items(), limit))
        for row_id, _ in taken:
            del self._unsaved[row_id]
        return taken

    @property
    def has_unsaved(self) -> bool:
        """Whether there are uses to write."""
        return bool(self._unsaved)
