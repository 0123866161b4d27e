"""Calls that have ended, accounted for several at a time."""

import asyncio
from collections.abc import Callable
from typing import Final, Generic, TypeVar

CallT = TypeVar("CallT")

_GATHER_SECONDS: Final = 0.02
_MOST_GATHERED: Final = 32


class EndedCalls(Generic[CallT]):
    """Has calls accounted for: at once where no other is in hand, else a moment later, together
    with those that have ended meanwhile.

    By the end of a call the processor's caches have lost the code that does it, and to fetch that
    takes longer than to run it. Those right behind the first come at a third of its price.
    """

    def __init__(self, account: Callable[[CallT], None]) -> None:
        self._account = account
        self._in_hand = 0
        self._ended: list[CallT] = []
        self._timer: asyncio.TimerHandle | None = None

    def began(self) -> None:
        """A call has come in."""
        self._in_hand += 1

    def add(self, call: CallT) -> None:
        """A call has ended: account for it soon."""
        self._in_hand -= 1
        self._ended.append(call)
        if not self._in_hand or len(self._ended) >= _MOST_GATHERED:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_GATHER_SECONDS, self.flush)

    def flush(self) -> None:
        """Account for all that have ended, now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        ended, self._ended = self._ended, []
        for call in ended:
            self._account(call)
