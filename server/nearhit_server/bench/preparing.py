"""The cache that a run works on: made for it, or somebody's, and left as it was found."""

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Final, TypeAlias

from nearhit import Client, NearhitError, NewEntry, NotFoundError
from nearhit_server.bench.scenarios import Scenario
from nearhit_server.bench.settings import Load, Session

RUN_ATTRIBUTE: Final = "nearhit_bench"
"""Marks a run's entries in a cache that others use too."""

_NAME_PREFIX: Final = "bench-"
_BATCH: Final = 64
_SPARE_SECONDS: Final = 3_600.0
"""How much longer than the run entries live."""


class UnsuitableCacheError(Exception):
    """The cache cannot be measured with without harm to others."""


@dataclass(frozen=True)
class Prepared:
    """A cache with what the scenario needs in it."""

    session: Session
    own: bool
    """Whether it was made for the run."""
    entry_count: int
    seconds: float


Connect: TypeAlias = Callable[[str], AbstractContextManager[Client]]
"""Gives a client of the cache of that name."""

StoreBatch: TypeAlias = Callable[[Client, Sequence[NewEntry]], None]
"""Stores some entries, or raises NearhitError."""


@contextmanager
def prepared(
    connect: Connect,
    scenario: Scenario,
    load: Load,
    *,
    cache: str | None,
    store: StoreBatch,
    stored: Callable[[int], None],
    left: Callable[[str], None],
) -> Iterator[Prepared]:
    """A cache for the run, filled; `stored` is told how many entries are in it already.

    Without `cache` it is a new one, deleted afterwards; otherwise the run's entries are. If that
    fails, `left` is told: results from a server that broke down should not be lost. Raises
    NearhitError and UnsuitableCacheError.
    """
    run_id = f"{_NAME_PREFIX}{secrets.token_hex(5)}"
    began = time.monotonic()
    with connect(cache or run_id) as client:
        place = _own(client, scenario, left) if cache is None else _found(client, run_id, left)
        with place as dimension:
            session = Session(
                cache=client.cache,
                seed=load.seed,
                dimension=dimension,
                ttl_seconds=load.total_seconds + _SPARE_SECONDS,
                attributes={} if cache is None else {RUN_ATTRIBUTE: run_id},
                processes=load.processes,
            )
            count = 0
            entries = scenario.entries(session)
            while batch := list(islice(entries, _BATCH)):
                store(client, batch)
                count += len(batch)
                stored(count)
            yield Prepared(session, cache is None, count, time.monotonic() - began)


@contextmanager
def _own(client: Client, scenario: Scenario, left: Callable[[str], None]) -> Iterator[int]:
    """The dimension of a new cache."""
    made = client.create_cache(client.cache, dimension=scenario.own_dimension)
    try:
        yield made.dimension or 0
    finally:
        try:
            client.delete_cache(client.cache)
        except NotFoundError:
            # Gone already is as good.
            pass
        except NearhitError as error:
            left(f"cache {client.cache} could not be deleted: {error.message}")


@contextmanager
def _found(client: Client, run_id: str, left: Callable[[str], None]) -> Iterator[int]:
    """The dimension of a cache that was there."""
    found = client.get_cache()
    if found.max_entries is not None:
        raise UnsuitableCacheError(
            f"cache {client.cache} has max_entries, so entries of the run would push others' out"
        )
    try:
        yield found.dimension or 0
    finally:
        try:
            client.delete(attributes={RUN_ATTRIBUTE: run_id})
        except NearhitError as error:
            left(f"entries with {RUN_ATTRIBUTE}={run_id} could not be deleted: {error.message}")
