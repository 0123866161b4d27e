"""Servers that are down or silent, and answers that cannot be kept."""

import json
import socket

import pytest
from langchain_core.outputs import Generation

import nearhit
from nearhit.integrations.langchain.prompts import digest
from nearhit.integrations.langchain.unanswered import Unanswered

ANSWER = [Generation(text="a")]
MEGABYTE = 1024 * 1024


@pytest.fixture
def silent():
    """An address that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def warnings(caplog):
    """What was logged, message by message."""
    return lambda: [r.getMessage() for r in caplog.records if r.name.startswith("nearhit.")]


async def unanswered_lookup(cache, monkeypatch, error):
    """A lookup of "a" that fails with `error`."""

    def failing(prompt, llm_string):
        raise error
        yield

    with monkeypatch.context() as patch:
        patch.setattr(cache, "_found", failing)
        assert await cache.alookup("a", "llm") is None


async def test_failure_is_raised_by_default(kind, down):
    async with kind(down) as cache:
        with pytest.raises(nearhit.UnavailableError):
            await cache.alookup("a", "llm")
        with pytest.raises(nearhit.UnavailableError):
            await cache.aupdate("a", "llm", ANSWER)


async def test_lateness_is_raised_by_default(kind, silent):
    async with kind(silent, timeout=0.1) as cache:
        with pytest.raises(nearhit.DeadlineExceededError):
            await cache.alookup("a", "llm")


def test_failure_is_a_miss_when_the_application_asks_for_that(kind, down, warnings):
    with kind(down, on_error="miss") as cache:
        assert cache.lookup("a", "llm") is None
        assert cache.update("a", "llm", ANSWER) is None
        assert cache.lookup("a", "llm") is None
        assert len(warnings()) == 1
        assert "UNAVAILABLE" in warnings()[0]


async def test_lateness_is_a_miss_when_the_application_asks_for_that(kind, silent):
    async with kind(silent, timeout=0.1, on_error="miss") as cache:
        assert await cache.alookup("a", "llm") is None


@pytest.mark.parametrize("error", [nearhit.DeadlineExceededError, nearhit.UnavailableError])
async def test_update_is_skipped_when_its_lookup_was_not_answered(make_cache, monkeypatch, error):
    async with make_cache(on_error="miss") as cache:
        await unanswered_lookup(cache, monkeypatch, error("silence"))
        await cache.aupdate("a", "llm", ANSWER)
        await cache.aupdate("a", "other llm", ANSWER)
        assert await cache.alookup("a", "llm") is None
        assert await cache.alookup("a", "other llm") == ANSWER
        # The server is back, and answers again.
        await cache.aupdate("a", "llm", ANSWER)
        assert await cache.alookup("a", "llm") == ANSWER


async def test_update_is_made_when_a_later_lookup_was_answered(make_cache, monkeypatch):
    async with make_cache(on_error="miss") as cache:
        await unanswered_lookup(cache, monkeypatch, nearhit.UnavailableError("down"))
        assert await cache.alookup("a", "llm") is None
        await cache.aupdate("a", "llm", ANSWER)
        assert await cache.alookup("a", "llm") == ANSWER


async def test_update_is_made_when_its_lookup_was_refused(make_cache, monkeypatch):
    async with make_cache(on_error="miss") as cache:
        await unanswered_lookup(cache, monkeypatch, nearhit.ResourceExhaustedError("too many"))
        await cache.aupdate("a", "llm", ANSWER)
        assert await cache.alookup("a", "llm") == ANSWER


async def test_update_is_made_when_the_lookups_failure_was_raised(make_cache, monkeypatch):
    async with make_cache() as cache:
        with pytest.raises(nearhit.UnavailableError):
            await unanswered_lookup(cache, monkeypatch, nearhit.UnavailableError("down"))
        await cache.aupdate("a", "llm", ANSWER)
        assert await cache.alookup("a", "llm") == ANSWER


def test_no_more_than_so_many_unanswered_prompts_are_remembered():
    unanswered = Unanswered()
    for number in range(1_025):
        unanswered.add(str(number))
    known = [unanswered.take(number) for number in ("0", "1", "1", "1024")]
    assert known == [False, True, False, True]


async def test_failure_to_clear_is_raised_all_the_same(kind, down):
    async with kind(down, on_error="miss") as cache:
        with pytest.raises(nearhit.UnavailableError):
            await cache.aclear()


async def test_second_outage_is_logged_too(make_cache, target, warnings):
    # A quick server may find the time to make what is not there.
    async with make_cache(on_error="miss", create=False, timeout=0) as cache:
        assert await cache.alookup("a", "llm") is None
    assert len(warnings()) == 1
    async with make_cache(on_error="miss", create=False) as cache:
        assert await cache.alookup("a", "llm") is None
        async with make_cache() as creating:
            await creating.aupdate("a", "llm", ANSWER)
        assert await cache.alookup("a", "llm") == ANSWER
        async with nearhit.AsyncClient(target) as client:
            await client.delete_cache(cache._cache)
        assert await cache.alookup("a", "llm") is None
    assert len(warnings()) == 3


class Secret:
    def __repr__(self):
        return "a secret"


@pytest.mark.parametrize(
    "generation",
    [
        Generation(text="x" * MEGABYTE),
        Generation(text="x" * 32 * MEGABYTE),
        Generation(text="a", generation_info={"client": Secret()}),
    ],
    ids=["past the server's limit", "past gRPC's", "no JSON"],
)
async def test_answer_that_cannot_be_kept_is_logged_once(make_cache, generation, warnings):
    async with make_cache() as cache:
        for _ in range(2):
            await cache.aupdate("a", "llm", [generation])
            assert await cache.alookup("a", "llm") is None
        assert len(warnings()) == 1
        assert warnings()[0].startswith("an answer was not cached: ")
        assert "secret" not in warnings()[0]
        await cache.aupdate("a", "llm", ANSWER)
        assert await cache.alookup("a", "llm") == ANSWER


async def test_entry_that_cannot_be_read_is_passed_over(make_cache, target, cache_id, warnings):
    async with make_cache() as cache, nearhit.AsyncClient(target, cache=cache_id) as client:
        await cache.aupdate("a", "llm", ANSWER)
        (entry,) = [entry async for entry in client.list_entries()]
        unknown = {"lc": 1, "type": "constructor", "id": ["os", "system"], "kwargs": {}}
        await client.update(entry.entry_id, response=json.dumps([unknown]))
        assert await cache.alookup("a", "llm") is None
        assert len(warnings()) == 1
        assert "system" not in warnings()[0]
        await cache.aupdate("a", "llm", ANSWER)
        assert await cache.alookup("a", "llm") == ANSWER


async def test_server_sees_no_model_settings(make_cache, target, cache_id):
    async with make_cache() as cache, nearhit.AsyncClient(target, cache=cache_id) as client:
        await cache.aupdate("a", "llm with a key", ANSWER)
        (entry,) = [entry async for entry in client.list_entries()]
        assert entry.attributes["llm_string"] == digest("llm with a key")
        assert "key" not in entry.prompt
