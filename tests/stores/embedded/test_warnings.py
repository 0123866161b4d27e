"""What the store says in the log, and to whom it falls when sweeping fails."""

import asyncio

from structlog.testing import capture_logs

from nearhit_server.core.errors import Reason, UnavailableError
from nearhit_server.stores.embedded import sweeper as sweeper_module
from nearhit_server.stores.embedded.reach import REACH_ENTRIES, ReachWarning
from nearhit_server.stores.embedded.sweeper import Sweeper


def test_reach_is_warned_of_once_for_each_cache():
    reach = ReachWarning()
    with capture_logs() as logs:
        reach.check("a", REACH_ENTRIES // 2)
        assert logs == []
        for entries in (REACH_ENTRIES - 1, REACH_ENTRIES, REACH_ENTRIES + 1):
            reach.check("a", entries)
            reach.check("b", entries)
    assert [log["cache"] for log in logs] == ["a", "b"]
    assert all("Redis" in log["event"] for log in logs)


class FailingSessions:
    """Fails the first read, and notes when there was another."""

    def __init__(self):
        self.reads = 0
        self.read_again = asyncio.Event()

    async def read(self, _work):
        self.reads += 1
        if self.reads == 1:
            raise UnavailableError("full", reason=Reason.STORE_UNAVAILABLE)
        self.read_again.set()
        return False


async def test_sweeper_goes_on_after_a_failure(monkeypatch):
    monkeypatch.setattr(sweeper_module, "_INTERVAL_SECONDS", 0)
    sessions = FailingSessions()
    with capture_logs() as logs:
        task = asyncio.create_task(Sweeper(sessions).run())
        await asyncio.wait_for(sessions.read_again.wait(), 5)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert [log["event"] for log in logs] == ["sweep failed"]


async def test_store_closes_when_uses_cannot_be_saved():
    with capture_logs() as logs:
        await Sweeper(FailingSessions()).finish()
    assert [log["event"] for log in logs] == ["order of use not saved"]


async def test_store_sweeps_by_itself(open_store, sample, monkeypatch):
    monkeypatch.setattr(sweeper_module, "_INTERVAL_SECONDS", 0)
    async with open_store() as store:
        spec = await store.create_cache(sample.spec())
        await store.put(spec, [sample.entry("a")])
        await store.flush(spec)
        async with asyncio.timeout(5):
            while await store._sessions.read(entries_left):
                pass


def entries_left(session):
    (count,) = session.connection.execute("SELECT count(*) FROM entries").fetchone()
    return count
