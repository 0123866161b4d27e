"""The vectors used last, within a number of bytes."""

import sys
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from nearhit_server.core.embedding.reading import Unread
from nearhit_server.core.vectors import FloatVector

_ROW_OVERHEAD_BYTES: Final = 300
"""The dictionary's slot, the array's header and the row object, measured with CPython 3.11."""


@dataclass(frozen=True, slots=True)
class CachedVector:
    """A text's vector, and what of the text it does not stand for."""

    vector: FloatVector
    unread: Unread | None = None


class VectorLru:
    """Least-recently-used cache of vectors by embedding key, bounded in bytes."""

    def __init__(self, *, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._rows: OrderedDict[str, CachedVector] = OrderedDict()

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def size_bytes(self) -> int:
        """An estimate of the memory held, never above the limit."""
        return self._bytes

    def get(self, key: str) -> CachedVector | None:
        """The vector if it is held; it is then the most recently used."""
        row = self._rows.get(key)
        if row is not None:
            self._rows.move_to_end(key)
        return row

    def put(self, key: str, row: CachedVector) -> None:
        """Hold a vector, letting go of the least recently used beyond the limit."""
        self._discard(key)
        self._rows[key] = row
        self._bytes += _size_of(key, row)
        while self._bytes > self._max_bytes:
            self._discard(next(iter(self._rows)))

    def _discard(self, key: str) -> None:
        row = self._rows.pop(key, None)
        if row is not None:
            self._bytes -= _size_of(key, row)


def _size_of(key: str, row: CachedVector) -> int:
    return sys.getsizeof(key) + row.vector.nbytes + _ROW_OVERHEAD_BYTES
