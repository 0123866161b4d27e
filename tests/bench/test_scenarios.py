"""Each scenario against a real server: what it stores beforehand, and what its calls find."""

import time
from itertools import islice

import pytest

from bench.conftest import recorder
from nearhit.v1 import semantic_cache_pb2 as pb
from nearhit_server.bench.histograms import merged, milliseconds
from nearhit_server.bench.scenarios import (
    Exact,
    Mix,
    Semantic,
    Store,
    Vectors,
    restored_scenario,
    scenario_record,
)
from nearhit_server.bench.settings import Session

CALLS = 20


async def outcomes(client, caller, session, scenario, *, calls=CALLS):
    """How many calls ended how, one after the other."""
    if entries := list(scenario.entries(session)):
        await client.store_many(entries)
    counted = recorder()
    for request in islice(scenario.requests(session), calls):
        await caller.perform(request, time.perf_counter(), counted)
    state = counted.state(time.perf_counter())
    assert state["errors"] == {}
    return {
        name: milliseconds(merged([each]))["count"] for name, each in state["latencies"].items()
    }


async def test_exact_searches_all_hit(client, caller, session):
    assert await outcomes(client, caller, session, Exact(10)) == {"hit": CALLS}


async def test_semantic_searches_all_miss(client, caller, session):
    assert await outcomes(client, caller, session, Semantic(10)) == {"miss": CALLS}


async def test_searches_with_vectors_all_hit(client, caller, session):
    assert await outcomes(client, caller, session, Vectors(10)) == {"hit": CALLS}


async def test_stores_make_distinct_entries_that_expire(client, caller, session):
    assert await outcomes(client, caller, session, Store()) == {"stored": CALLS}
    entries = [entry async for entry in client.list_entries()]
    assert len(entries) == CALLS
    assert all(entry.expires_at is not None for entry in entries)


async def test_mix_stores_after_each_miss_and_hits_when_it_asks_again(client, caller, session):
    found = await outcomes(client, caller, session, Mix(5, 1.0, 0.8))
    assert found["hit"] + found["miss"] == CALLS
    assert found["stored"] == found["miss"] == (await client.get_cache()).entry_count
    assert found["hit"] > 0


@pytest.mark.parametrize("repeat_share", [0.0, 1.0])
async def test_mix_repeats_as_much_as_asked(client, caller, session, repeat_share):
    found = await outcomes(client, caller, session, Mix(1, 1.0, repeat_share), calls=5)
    assert found.get("hit", 0) == 4 * repeat_share


def test_hit_share_of_mix_rises_with_the_exponent(session):
    # All it takes to hit is to have been asked before.
    shares = [hit_share(Mix(1_000, exponent, 0.9), session) for exponent in (0.0, 0.8, 1.2, 2.0)]
    assert shares == sorted(shares)
    assert shares[-1] - shares[0] > 0.2


def hit_share(mix, session, searches=1_000):
    asked = prompts(mix, session, searches)
    return 1 - len(set(asked)) / searches


def prompts(scenario, session, searches):
    requests = islice(scenario.requests(session), searches)
    return [pb.SearchRequest.FromString(request.body).prompt for request in requests]


def test_processes_ask_nothing_new_twice():
    sessions = [Session("c", 1, 0, 1.0, process=number, processes=2) for number in range(2)]
    asked = [prompt for each in sessions for prompt in prompts(Semantic(), each, 100)]
    assert len(set(asked)) == 200


def test_processes_repeat_the_same_population():
    sessions = [Session("c", 1, 0, 1.0, process=number, processes=2) for number in range(2)]
    first, second = (prompts(Mix(10, 0.0, 1.0), each, 200) for each in sessions)
    assert set(first) == set(second)
    assert first != second


@pytest.mark.parametrize(
    "scenario", [Exact(3), Semantic(4), Vectors(5, 6), Store(), Mix(7, 0.5, 0.25)]
)
def test_scenario_survives_being_json(scenario):
    assert restored_scenario(scenario_record(scenario)) == scenario
