"""Searches counted and, in shadow mode, recorded: behind their answers."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

import structlog

from nearhit_server.core.caches import CacheSpec, Strategy
from nearhit_server.core.errors import NearhitError, NotFoundError, SpecChangedError
from nearhit_server.core.quality import tallies as names
from nearhit_server.core.quality.reports import ShadowSearch
from nearhit_server.core.quality.store import QualityStore
from nearhit_server.core.queries import Hit, Miss, RefusalReason
from nearhit_server.core.write_behind import WriteBehind

_log = structlog.get_logger()

_INTERVAL_SECONDS: Final = 1.0
"""What is counted for so long is added to the store at once."""

_LAST_SECONDS: Final = 2.0
"""How long an end may wait for the last counts."""

_MAX_SHADOW_WAITING: Final = 5_000


class SearchRecorder:
    """Tells the store what searches came to, soon. An async context manager; leaving it writes
    what is left."""

    def __init__(self, store: QualityStore) -> None:
        self._store = store
        self._counts: dict[tuple[str, int], tuple[CacheSpec, Counter[str]]] = {}
        self._shadow = WriteBehind(
            self._put_shadow, name="shadow searches", max_waiting=_MAX_SHADOW_WAITING
        )

    async def __aenter__(self) -> Self:
        await self._shadow.__aenter__()
        self._counting = asyncio.create_task(self._run(), name="count searches")
        return self

    async def __aexit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._counting.cancel()
        with suppress(asyncio.CancelledError):
            await self._counting
        try:
            async with asyncio.timeout(_LAST_SECONDS):
                await self._add_counts()
        except TimeoutError:
            _log.warning("searches not counted before the end")
        await self._shadow.__aexit__(exception_type, exception, traceback)

    def note(self, spec: CacheSpec, outcome: Hit | Miss) -> None:
        """Count a search."""
        key = (spec.cache_id, spec.version)
        if key not in self._counts:
            self._counts[key] = (spec, Counter())
        _, counts = self._counts[key]
        counts[names.SEARCHES] += 1
        if (name := _name_of(outcome)) is not None:
            counts[name] += 1

    def note_shadow(self, spec: CacheSpec, search: ShadowSearch) -> None:
        """Record a search in shadow mode."""
        self._shadow.add([(spec, search)], group=(spec.cache_id, spec.version))

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_INTERVAL_SECONDS)
            await self._add_counts()

    async def _add_counts(self) -> None:
        counted, self._counts = self._counts, {}
        for spec, counts in counted.values():
            await self._add(spec, counts)

    async def _add(self, spec: CacheSpec, counts: Mapping[str, int]) -> None:
        try:
            await self._store.add_tallies(spec, counts)
        except (SpecChangedError, NotFoundError):
            # The cache was emptied, deleted or set otherwise since. That costs a second's counts.
            return
        except NearhitError as error:
            _log.warning("searches not counted", cache=spec.cache_id, error=error.message)
        except Exception:
            _log.exception("searches not counted", cache=spec.cache_id)

    async def _put_shadow(self, noted: Sequence[tuple[CacheSpec, ShadowSearch]]) -> None:
        spec, _ = noted[0]
        with suppress(SpecChangedError, NotFoundError):
            await self._store.put_shadow_searches(spec, [search for _, search in noted])


_HITS: Final = {Strategy.EXACT: names.EXACT_HITS, Strategy.SEMANTIC: names.SEMANTIC_HITS}
_REFUSALS: Final = {reason: names.refusals(reason) for reason in RefusalReason}


def _name_of(outcome: Hit | Miss) -> str | None:
    if isinstance(outcome, Hit):
        return _HITS[outcome.matches[0].strategy]
    return None if outcome.candidate is None else _REFUSALS[outcome.candidate.reason]
