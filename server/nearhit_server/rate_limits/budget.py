"""What one process holds of a limit."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from math import inf
from typing import Final

from nearhit_server.core.errors import Allowance, RateLimitedError
from nearhit_server.rate_limits.counter import Counter
from nearhit_server.rate_limits.limit import BLOCKS_A_SECOND, Limit
from nearhit_server.rate_limits.window import Window

_LAPSE_SECONDS: Final = 1.0
_BLOCK_SECONDS: Final = 1 / BLOCKS_A_SECOND
_READ_SECONDS: Final = 1.0
"""How old what is known of the counter may get."""


@dataclass(frozen=True)
class _Refusal:
    """There was no room for `calls`, and it is no use to ask for as many before `until`."""

    calls: int
    until: float


class Budget:
    """The calls that one key and cache may still make here without asking the counter.

    Times are of time.monotonic().
    """

    def __init__(self, counter: Counter, limit: Limit) -> None:
        self._counter = counter
        self._limit = limit
        self._left = 0
        self._lapses_at = -inf
        self._wanted = 0
        self._asking = asyncio.Lock()
        self._window = Window(limit=limit, read_at=-inf)
        self._refusal = _Refusal(0, -inf)
        self.used_at = -inf
        """When a call came last."""

    @property
    def allowance(self) -> Allowance:
        """How the limit stands, as far as is known here."""
        now = time.monotonic()
        room = self._window.room(now) + self._unspent(now)
        return Allowance(
            limit=self._limit.calls,
            remaining=min(room, self._limit.calls),
            window_seconds=self._limit.window_seconds,
            reset_seconds=self._window.seconds_until_empty(now),
        )

    def spend(self, calls: int) -> bool:
        """Use `calls` of what is held; whether there were as many."""
        self.used_at = time.monotonic()
        unspent = self._unspent(self.used_at)
        if unspent < calls:
            return False
        self._left = unspent - calls
        return True

    async def take(self, calls: int) -> None:
        """Ask the counter for more, and use `calls` of it.

        Raises RateLimitedError, CounterAwayError. Of those who come at once one asks for all.
        """
        self._check_refusal(calls)
        with self._wanting(calls):
            async with self._asking:
                if not self.spend(calls):
                    self._check_refusal(calls)
                    await self._ask(calls)

    def _unspent(self, now: float) -> int:
        return self._left if now < self._lapses_at else 0

    @contextmanager
    def _wanting(self, calls: int) -> Iterator[None]:
        self._wanted += calls
        try:
            yield
        finally:
            self._wanted -= calls

    async def _ask(self, calls: int) -> None:
        block = min(max(self._limit.block, self._wanted), self._limit.calls)
        if await self._counter.take(block):
            self._hold(block - calls)
            await self._note_taken(block)
            return
        self._window = await self._counter.read()
        now = time.monotonic()
        rest = min(self._window.room(now), block)
        # Another replica may be quicker still; then there is nothing.
        if rest < calls or not await self._counter.take(rest):
            wait = max(self._window.seconds_until_room(calls, now), _BLOCK_SECONDS)
            self._refusal = _Refusal(calls, now + wait)
            raise self._refused(calls)
        self._hold(rest - calls)
        self._window = self._window.plus(rest)
        # Less than a block is the sign of a limit that is used up: more is asked for when there
        # can be a whole block again, not for each call that there is room for by then.
        lacking = max(0, 1 - rest / self._limit.block)
        self._refusal = _Refusal(1, now + lacking * _BLOCK_SECONDS)

    def _hold(self, calls: int) -> None:
        # What was left until now was too little for the call that asked, which uses it up first.
        now = time.monotonic()
        self._left = self._unspent(now) + calls
        self._lapses_at = now + _LAPSE_SECONDS

    async def _note_taken(self, calls: int) -> None:
        if time.monotonic() < self._window.read_at + _READ_SECONDS:
            self._window = self._window.plus(calls)
        else:
            self._window = await self._counter.read()

    def _check_refusal(self, calls: int) -> None:
        if calls >= self._refusal.calls and time.monotonic() < self._refusal.until:
            raise self._refused(calls)

    def _refused(self, calls: int) -> RateLimitedError:
        now = time.monotonic()
        wait = max(
            self._window.seconds_until_room(calls, now),
            self._refusal.until - now,
            _BLOCK_SECONDS,
        )
        return RateLimitedError(self.allowance, retry_delay=timedelta(seconds=wait))
