"""Ended calls are accounted for soon, in order, and few enough at a time."""

import pytest
from prometheus_client import generate_latest

from nearhit_server.core.observing import CallRecord
from nearhit_server.telemetry import ended_calls as module
from nearhit_server.telemetry.ended_calls import EndedCalls
from nearhit_server.telemetry.observer import open_telemetry
from polling import until
from telemetry.samples import samples_of


@pytest.fixture
def accounted():
    return []


@pytest.fixture
def calls(accounted):
    return EndedCalls(accounted.append)


def begin(calls, count):
    for _ in range(count):
        calls.began()


def test_only_call_in_hand_is_accounted_for_at_once(calls, accounted):
    begin(calls, 1)
    calls.add("only")
    assert accounted == ["only"]


async def test_call_beside_others_is_accounted_for_a_moment_later(calls, accounted):
    begin(calls, 3)
    calls.add("first")
    calls.add("second")
    assert accounted == []
    await until(lambda: accounted == ["first", "second"])


async def test_last_call_in_hand_takes_those_before_it_along(calls, accounted, monkeypatch):
    monkeypatch.setattr(module, "_GATHER_SECONDS", 3_600)
    begin(calls, 2)
    calls.add("first")
    calls.add("second")
    assert accounted == ["first", "second"]


async def test_no_more_calls_wait_than_are_accounted_for_at_a_time(calls, accounted, monkeypatch):
    monkeypatch.setattr(module, "_GATHER_SECONDS", 3_600)
    monkeypatch.setattr(module, "_MOST_GATHERED", 3)
    begin(calls, 10)
    for number in range(4):
        calls.add(number)
    assert accounted == [0, 1, 2]
    calls.flush()
    assert accounted == [0, 1, 2, 3]


async def test_calls_are_accounted_for_again_after_a_flush(calls, accounted):
    begin(calls, 3)
    calls.add("first")
    calls.flush()
    calls.add("second")
    await until(lambda: accounted == ["first", "second"])


async def test_leaving_telemetry_accounts_for_calls_that_have_ended(monkeypatch):
    monkeypatch.setattr(module, "_GATHER_SECONDS", 3_600)
    async with open_telemetry(version="1.2.3", log_prompts=False, tracing=False) as telemetry:
        telemetry.call(CallRecord(protocol="grpc", method="a/B", request_id="r")).__enter__()
        with telemetry.call(CallRecord(protocol="grpc", method="a/B", request_id="s", status="OK")):
            pass
    samples = samples_of(generate_latest(telemetry.metrics.registry))
    assert samples.of("nearhit_calls_total", protocol="grpc", method="a/B", status="OK") == 1
