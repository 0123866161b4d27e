"""The supervisor, with small programs in the place of workers."""

import asyncio
import errno
import os
import signal
import sys
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from nearhit_server.lifecycle import DIRECT, Stop
from nearhit_server.workers import backoff
from nearhit_server.workers import supervisor as supervising
from nearhit_server.workers.supervisor import Supervisor, WorkersError
from nearhit_server.workers.worker import Worker
from polling import until
from server.workers.workers_process import runs

ODD = str(Path(__file__).parent / "odd_worker.py")


class Supervised:
    """A supervisor with workers of the given manners, one after the other, then of the last."""

    def __init__(self, tmp_path, *manners, count=1):
        self.workers = []
        self.lines = []
        self.forgotten = []
        self.stop = Stop(DIRECT)
        self._manners = list(manners)
        self._settings = {"where": "here", "mark": str(tmp_path / "mark")}
        self._supervisor = Supervisor(
            self._launch,
            count=count,
            stop=self.stop,
            announce=self.lines.append,
            forget=self.forgotten.append,
            drain_seconds=0,
        )
        self.run = self._supervisor.run

    def _launch(self):
        manner = self._manners.pop(0) if len(self._manners) > 1 else self._manners[0]
        if manner == "no memory":
            raise OSError(errno.ENOMEM, "Cannot allocate memory")
        command = [sys.executable, ODD, manner]
        worker = Worker(self._settings, environment=os.environ, command=command)
        self.workers.append(worker)
        return worker

    def none_runs(self):
        return not any(runs(worker.pid) for worker in self.workers)


@pytest.fixture
def supervised(tmp_path, monkeypatch):
    monkeypatch.setattr(backoff, "_FIRST_SECONDS", 0.02)
    return partial(Supervised, tmp_path)


@asynccontextmanager
async def running(supervised):
    """Until the end of the context, then asked to stop."""
    run = asyncio.create_task(supervised.run())
    try:
        yield
    finally:
        supervised.stop.receive(signal.SIGTERM)
        await run
    assert supervised.none_runs()
    assert sorted(supervised.forgotten) == sorted(worker.pid for worker in supervised.workers)


async def test_one_line_is_announced_when_all_serve(supervised):
    three = supervised("serve", count=3)
    async with running(three):
        await until(lambda: bool(three.lines))
        assert all(worker.serving.done() for worker in three.workers)
    assert three.lines == ["nearhit ready here workers=3"]


async def test_worker_that_dies_is_replaced_and_told_in_one_line(supervised):
    two = supervised("serve", count=2)
    with capture_logs() as logs:
        async with running(two):
            await until(lambda: bool(two.lines))
            killed = two.workers[0]
            killed.kill()
            await until(lambda: len(two.workers) == 3 and two.workers[2].serving.done())
            assert runs(two.workers[1].pid)
            assert two.forgotten == [killed.pid]
    (line,) = [line for line in logs if line["event"] == "worker ended"]
    assert (line["log_level"], line["pid"], line["ended_by"]) == ("error", killed.pid, "SIGKILL")
    assert 0.01 <= line["restart_in_seconds"] <= 0.02
    assert len(two.lines) == 1


async def test_replacement_that_cannot_start_is_tried_again(supervised):
    one = supervised("refuse second")
    with capture_logs() as logs:
        async with running(one):
            await until(lambda: bool(one.lines))
            one.workers[0].kill()
            await until(lambda: len(one.workers) == 3)
    (line,) = [line for line in logs if line.get("reason")]
    assert (line["reason"], line["ended_by"]) == ("once was enough", "exit status 1")


async def test_replacement_that_there_is_no_memory_for_is_tried_again(supervised):
    one = supervised("serve", "no memory", "serve")
    with capture_logs() as logs:
        async with running(one):
            await until(lambda: bool(one.lines))
            one.workers[0].kill()
            await until(lambda: len(one.workers) == 2)
    (line,) = [line for line in logs if line.get("reason")]
    assert line["reason"] == "a worker cannot be started: Cannot allocate memory"


async def test_start_fails_with_the_reason_that_a_worker_gives(supervised):
    two = supervised("serve", "refuse", count=2)
    with pytest.raises(WorkersError, match=r"^there is nothing to serve$"):
        await two.run()
    assert len(two.workers) == 2
    assert two.none_runs()
    assert two.lines == []


async def test_start_fails_when_workers_die_again_and_again(supervised):
    one = supervised("die")
    with pytest.raises(WorkersError, match=r"^a worker ended before it served: SIGKILL$"):
        await one.run()
    assert len(one.workers) == 3


async def test_start_goes_on_when_a_worker_has_died_once(supervised):
    one = supervised("die", "serve")
    async with running(one):
        await until(lambda: bool(one.lines))
    assert len(one.workers) == 2


async def test_worker_that_does_not_end_is_killed(supervised, monkeypatch):
    monkeypatch.setattr(supervising, "_LAST_SECONDS", 0.05)
    one = supervised("stay")
    with capture_logs() as logs:
        async with running(one):
            await until(lambda: bool(one.lines))
    assert "worker does not end and is killed" in {line["event"] for line in logs}
    assert one.workers[0].ended.result() == -signal.SIGKILL


async def test_nothing_is_started_again_once_the_end_is_asked_for(supervised, monkeypatch):
    monkeypatch.setattr(backoff, "_FIRST_SECONDS", 30)
    one = supervised("serve")
    run = asyncio.create_task(one.run())
    await until(lambda: bool(one.lines))
    one.workers[0].kill()
    # It waits to start the next one.
    await until(lambda: one.forgotten == [one.workers[0].pid])
    one.stop.receive(signal.SIGTERM)
    await run
    assert len(one.workers) == 1
