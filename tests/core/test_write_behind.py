"""Items that are written after nobody waits for them any more."""

import asyncio

import pytest
from structlog.testing import capture_logs

from nearhit_server.core import write_behind
from nearhit_server.core.errors import Reason, UnavailableError
from nearhit_server.core.write_behind import WriteBehind
from polling import until


class Writes:
    """What was written, in one list a write; each waits for the gate, and raises if told to."""

    def __init__(self):
        self.begun = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.failure = None

    async def __call__(self, items):
        self.begun.append(list(items))
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure


@pytest.fixture
def writes():
    return Writes()


def behind(writes, *, max_waiting=1_000):
    return WriteBehind(writes, name="numbers", max_waiting=max_waiting)


async def test_items_that_come_during_a_write_are_written_together(writes):
    writes.gate.clear()
    async with behind(writes) as items:
        items.add([1])
        await until(lambda: writes.begun == [[1]])
        items.add([2])
        items.add([3, 4])
        writes.gate.set()
    assert writes.begun == [[1], [2, 3, 4]]


async def test_items_of_two_groups_are_written_apart_and_in_turn(writes):
    async with behind(writes) as items:
        items.add(list(range(150)), group="a")
        items.add([1, 2], group="b")
    assert [len(some) for some in writes.begun] == [100, 2, 50]


async def test_items_past_the_bound_are_dropped_and_told(writes):
    writes.gate.clear()
    with capture_logs() as logs:
        async with behind(writes, max_waiting=3) as items:
            items.add([1, 2])
            await until(lambda: writes.begun == [[1, 2]])
            items.add([3, 4, 5])
            items.add([6])
            writes.gate.set()
            await until(lambda: len(writes.begun) == 2)
            # There is room again.
            items.add([7])
    assert writes.begun == [[1, 2], [3], [7]]
    (told,) = [line for line in logs if line["event"] == "too many to write"]
    assert (told["items"], told["dropped"]) == ("numbers", 3)


@pytest.mark.parametrize(
    ("failure", "level"),
    [
        (UnavailableError("the store is away", reason=Reason.STORE_UNAVAILABLE), "warning"),
        (ZeroDivisionError(), "error"),
    ],
)
async def test_failed_write_is_told_and_the_next_goes_on(writes, failure, level):
    writes.failure = failure
    with capture_logs() as logs:
        async with behind(writes) as items:
            items.add([1])
            await until(lambda: len(logs) == 1)
            writes.failure = None
            items.add([2])
    assert writes.begun == [[1], [2]]
    (told,) = logs
    assert (told["event"], told["log_level"], told["lost"]) == ("not written", level, 1)


async def test_end_writes_what_is_left(writes):
    async with behind(writes) as items:
        items.add(list(range(250)))
    assert [item for some in writes.begun for item in some] == list(range(250))


async def test_end_does_not_wait_for_a_write_that_hangs(writes, monkeypatch):
    monkeypatch.setattr(write_behind, "_LAST_SECONDS", 0.05)
    writes.gate.clear()
    with capture_logs() as logs:
        async with asyncio.timeout(10), behind(writes) as items:
            items.add(list(range(150)))
    assert len(writes.begun) == 1
    (told,) = logs
    assert (told["event"], told["lost"]) == ("not written before the end", 150)
