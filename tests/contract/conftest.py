"""The stores that the contract suite runs over."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from clocks import ManualClock
from contract.samples import Sample
from nearhit_server.stores.embedded import EmbeddedStore, open_embedded_store


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=["embedded"])
async def store(
    request: pytest.FixtureRequest, clock: ManualClock, tmp_path: Path
) -> AsyncIterator[EmbeddedStore]:
    async with _opened(request.param, clock, tmp_path) as store:
        yield store


def _opened(
    kind: str, clock: ManualClock, tmp_path: Path
) -> AbstractAsyncContextManager[EmbeddedStore]:
    match kind:
        case "embedded":
            return open_embedded_store(tmp_path, clock=clock)
        case _:
            raise ValueError(kind)


@pytest.fixture
def sample(clock: ManualClock) -> Sample:
    return Sample(clock)
