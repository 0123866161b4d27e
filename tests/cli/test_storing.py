"""One batch of an import, with a server that is busy or refuses."""

from datetime import timedelta

import pytest

from nearhit import (
    DeadlineExceededError,
    FailedPreconditionError,
    InvalidArgumentError,
    NearhitError,
    NewEntry,
    ResourceExhaustedError,
    Stored,
    UnavailableError,
)
from nearhit_server.cli.storing import MAX_WAIT_SECONDS, BatchStorer

STORED = Stored("id", True, None)
ENTRIES = {5: NewEntry("a", "b"), 7: NewEntry("c", "d")}


class ScriptedClient:
    """Answers each call with the next thing of a script, the last one again and again."""

    def __init__(self, *script):
        self.script = list(script)
        self.asked = []

    def store_many(self, entries, *, timeout):
        self.asked.append([entry.prompt for entry in entries])
        step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(step, Exception):
            raise step
        return step


class Storing:
    def __init__(self, *script):
        self.client = ScriptedClient(*script)
        self.slept = []
        self.storer = BatchStorer(self.client, sleep=self.slept.append)


def busy(seconds):
    return ResourceExhaustedError("busy", retry_delay=timedelta(seconds=seconds))


def test_store_returns_outcomes_by_line():
    storing = Storing([STORED, STORED])
    assert storing.storer.store(ENTRIES) == {5: STORED, 7: STORED}


def test_store_asks_nothing_when_batch_is_empty():
    storing = Storing([])
    assert storing.storer.store({}) == {}
    assert storing.client.asked == []


@pytest.mark.parametrize(
    "error",
    [
        InvalidArgumentError("prompt: is blank"),
        FailedPreconditionError("dimension", reason="DIMENSION_MISMATCH"),
        FailedPreconditionError("vector", reason="VECTOR_REQUIRED"),
    ],
)
def test_store_returns_the_error_when_the_line_is_at_fault(error):
    storing = Storing([STORED, error])
    assert storing.storer.store(ENTRIES) == {5: STORED, 7: error}


def test_store_waits_when_server_asks_for_it():
    storing = Storing(busy(2), busy(0), [STORED, STORED])

    assert storing.storer.store(ENTRIES) == {5: STORED, 7: STORED}
    assert storing.slept == [2, 0.1]


@pytest.mark.parametrize("error", [UnavailableError("failed"), ResourceExhaustedError("full")])
def test_store_repeats_only_the_entry_that_failed_for_now(error):
    storing = Storing([STORED, error], [STORED])

    assert storing.storer.store(ENTRIES) == {5: STORED, 7: STORED}
    assert storing.client.asked == [["a", "c"], ["c"]]
    assert storing.slept == [1]


def test_store_raises_when_server_stays_busy():
    storing = Storing(busy(100))

    with pytest.raises(ResourceExhaustedError):
        storing.storer.store(ENTRIES)
    assert sum(storing.slept) == MAX_WAIT_SECONDS


@pytest.mark.parametrize(
    "step",
    [
        UnavailableError("down"),
        DeadlineExceededError("slow"),
        ResourceExhaustedError("too large, for ever"),
        [STORED, FailedPreconditionError("model", reason="MODEL_MISMATCH")],
    ],
)
def test_store_raises_when_no_later_attempt_would_help(step):
    storing = Storing(step)

    with pytest.raises(NearhitError):
        storing.storer.store(ENTRIES)
    assert storing.slept == []
