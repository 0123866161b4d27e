import pytest
import structlog.testing

from nearhit_server.core.caches import Strategy
from nearhit_server.core.errors import Reason
from nearhit_server.core.observing import CallRecord, Stage
from nearhit_server.core.queries import Hit, Match, Miss
from nearhit_server.telemetry.metrics import Metrics
from nearhit_server.telemetry.observer import Telemetry
from telemetry.samples import NEAREST

PROMPT = "how do i reset my password"
HIT = Hit((Match(None, 0.97, Strategy.SEMANTIC, 0.98765),), PROMPT)
MISS = Miss(NEAREST, None, PROMPT)


def line_of(*outcomes, log_prompts=False, stages=(), **fields):
    """The log line of a call with these outcomes."""
    telemetry = Telemetry(Metrics(version="1.2.3"), log_prompts=log_prompts)
    record = CallRecord(protocol="grpc", method="a/B", request_id="r")
    with structlog.testing.capture_logs() as lines, telemetry.call(record):
        for stage, seconds in stages:
            telemetry.stage(stage, started=0.0, ended=seconds)
        for outcome in outcomes:
            telemetry.searched("default", outcome)
        for name, value in fields.items():
            setattr(record, name, value)
    (line,) = lines
    return line


def test_hit_is_logged_with_similarity_and_strategy():
    line = line_of(HIT, status="OK")
    assert (line["hit"], line["similarity"], line["strategy"]) == (True, 0.97, "semantic")
    assert line["confidence"] == 0.988


def test_miss_is_logged_with_the_nearest_similarity():
    line = line_of(MISS, status="OK")
    assert (line["hit"], line["similarity"]) == (False, 0.5)
    assert (line["refused"], line["confidence"]) == ("guard", 0.25)
    assert "strategy" not in line


def test_batch_is_logged_with_its_hits():
    line = line_of(HIT, MISS, HIT, status="OK")
    assert (line["searches"], line["hits"]) == (3, 2)
    assert "hit" not in line


def test_stages_are_logged_in_milliseconds_all_told():
    stages = [(Stage.EXACT, 0.25), (Stage.EMBED_MODEL, 0.5), (Stage.EMBED_MODEL, 0.25)]
    line = line_of(stages=stages)
    assert (line["exact_ms"], line["embed_model_ms"]) == (250, 750)


@pytest.mark.parametrize("outcomes", [[HIT], [MISS], [HIT, MISS]])
def test_prompt_is_logged_only_where_that_is_asked_for(outcomes):
    assert PROMPT not in str(line_of(*outcomes))
    line = line_of(*outcomes, log_prompts=True)
    # Of a single search only: a batch is not its first prompt.
    assert line.get("prompt") == (PROMPT if len(outcomes) == 1 else None)


def test_failed_call_is_logged_with_its_reason():
    line = line_of(status="UNAVAILABLE", reason=Reason.STORE_UNAVAILABLE, key_id="0123")
    assert line["log_level"] == "info"
    assert (line["status"], line["reason"]) == ("UNAVAILABLE", "STORE_UNAVAILABLE")
    assert line["key_id"] == "0123"
    assert "hit" not in line


@pytest.mark.parametrize("status", ["INTERNAL", "500"])
def test_fault_of_the_server_is_logged_as_an_error(status):
    assert line_of(status=status, reason=Reason.INTERNAL)["log_level"] == "error"


def test_name_of_a_cache_is_cut_however_much_a_caller_sent():
    assert line_of(cache="x" * 10_000)["cache"] == "x" * 64
