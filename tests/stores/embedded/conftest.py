"""The embedded store over a folder of its own."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from clocks import ManualClock
from contract.samples import Sample
from nearhit_server.stores.embedded import EmbeddedStore, open_embedded_store


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def sample(clock: ManualClock) -> Sample:
    return Sample(clock)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def open_store(
    data_dir: Path, clock: ManualClock
) -> Callable[[], AbstractAsyncContextManager[EmbeddedStore]]:
    """Opens the store in `data_dir`; what is in it stays from one opening to the next."""
    return lambda: open_embedded_store(data_dir, clock=clock)


@pytest.fixture
async def store(
    open_store: Callable[[], AbstractAsyncContextManager[EmbeddedStore]],
) -> AsyncIterator[EmbeddedStore]:
    async with open_store() as store:
        yield store
