"""The limits of all keys and caches."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from typing import Final

import structlog

from nearhit_server.core.errors import Allowance
from nearhit_server.rate_limits.budget import Budget
from nearhit_server.rate_limits.counter import Counter, CounterAwayError
from nearhit_server.rate_limits.limit import Limit

_log = structlog.get_logger()

_PAUSE_SECONDS: Final = 1.0
_MAX_BUDGETS: Final = 10_000

_NAME_CHARACTERS: Final = 128
"""More than the name of a cache or namespace can have."""


class BlockRateLimiter:
    """A RateLimiter that takes room in blocks from counters that replicas share.

    It holds no call up: while the counters are out of reach or slow, calls go uncounted. If the
    store is not there either, it says so itself.
    """

    def __init__(
        self, limit: Limit, new_counter: Callable[[str], Counter], *, timeout_seconds: float
    ) -> None:
        """`new_counter` makes the counter of a name, which is slow past `timeout_seconds`."""
        self._timeout_seconds = timeout_seconds
        self._limit = limit
        self._new_counter = new_counter
        self._budgets: OrderedDict[tuple[str, str], Budget] = OrderedDict()
        self._away = False
        self._ask_again_at = 0.0

    async def take(self, key_id: str, cache: str, *, cost: int) -> Allowance:
        """As RateLimiter.take. What costs more than a whole window has room for costs all of it,
        or it could never be."""
        budget = self._budget(key_id, cache)
        calls = min(cost, self._limit.calls)
        if not budget.spend(calls):
            if not self._may_ask():
                return self._uncounted
            try:
                async with asyncio.timeout(self._timeout_seconds):
                    await budget.take(calls)
            except (CounterAwayError, TimeoutError) as error:
                self._lose(error)
                return self._uncounted
            self._find()
        return budget.allowance

    def _budget(self, key_id: str, cache: str) -> Budget:
        key = (key_id, cache[:_NAME_CHARACTERS])
        budget = self._budgets.pop(key, None)
        if budget is None:
            self._forget()
            budget = Budget(self._new_counter(_counter_name(*key)), self._limit)
        self._budgets[key] = budget
        return budget

    def _forget(self) -> None:
        """Make room for one more, and drop those whose last call counts no more."""
        idle_since = time.monotonic() - 2 * self._limit.window_seconds
        while self._budgets:
            key, oldest = next(iter(self._budgets.items()))
            if len(self._budgets) < _MAX_BUDGETS and oldest.used_at > idle_since:
                return
            del self._budgets[key]

    def _may_ask(self) -> bool:
        """Whether the counters are there; while they are away, one call a second goes to see."""
        now = time.monotonic()
        if self._away and now < self._ask_again_at:
            return False
        self._ask_again_at = now + _PAUSE_SECONDS
        return True

    def _lose(self, error: Exception) -> None:
        if not self._away:
            self._away = True
            _log.warning("rate limits are not kept", error=str(error) or "no answer in time")

    def _find(self) -> None:
        if self._away:
            self._away = False
            _log.info("rate limits are kept again")

    @property
    def _uncounted(self) -> Allowance:
        return Allowance(
            limit=self._limit.calls,
            remaining=self._limit.calls,
            window_seconds=self._limit.window_seconds,
            reset_seconds=0,
        )


def _counter_name(key_id: str, cache: str) -> str:
    # A digest: a caller without a key may name anything.
    return sha256(f"{key_id}/{cache}".encode(errors="surrogatepass")).hexdigest()[:32]
