"""Reports, statistics and searches in shadow mode: requests, responses, pages."""

from datetime import UTC, datetime

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

import nearhit
from nearhit.messages import outcomes, quality, responses
from nearhit.operations import Operations
from nearhit.v1 import cache_quality_pb2, semantic_cache_pb2, types_pb2

FAQ = Operations("faq")
NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
NOON_MESSAGE = Timestamp(seconds=int(NOON.timestamp()))

REPORT = cache_quality_pb2.HitReport(
    entry_id="e1",
    prompt="asked",
    entry_prompt="stored",
    verdict=semantic_cache_pb2.VERDICT_WRONG,
    confidence=0.0,
    report_time=NOON_MESSAGE,
)
SHADOW_SEARCH = cache_quality_pb2.ShadowSearch(
    search_time=NOON_MESSAGE,
    prompt="asked",
    entry_id="e1",
    entry_prompt="stored",
    similarity=0.9,
    strategy=types_pb2.SEARCH_STRATEGY_SEMANTIC,
)


@pytest.mark.parametrize("verdict", ["wrong", nearhit.Verdict.WRONG])
def test_report_request_holds_everything_given(verdict):
    assert FAQ.report_hit("e1", "asked", verdict).request == semantic_cache_pb2.ReportHitRequest(
        cache="faq", entry_id="e1", prompt="asked", verdict=semantic_cache_pb2.VERDICT_WRONG
    )


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("e1", "asked", "bad"), ValueError, "'bad' is not a valid Verdict"),
        (("e1", "asked", None), ValueError, "None is not a valid Verdict"),
        (("e1", 5, "right"), TypeError, "prompt must be a string, not int"),
        ((object(), "asked", "right"), TypeError, "entry_id must be a string, not object"),
    ],
)
def test_report_refuses_what_makes_no_sense_in_plain_words(arguments, error, message):
    with pytest.raises(error, match=message):
        FAQ.report_hit(*arguments)


def test_release_refuses_what_is_no_id():
    with pytest.raises(TypeError, match="entry_id must be a string"):
        FAQ.release_entry(5)


def test_match_has_a_confidence_only_when_there_is_one():
    times = {"create_time": NOON_MESSAGE, "update_time": NOON_MESSAGE}
    match = semantic_cache_pb2.Match(entry=types_pb2.Entry(**times), similarity=1, strategy=1)
    sure = semantic_cache_pb2.Match(confidence=0.0)
    sure.MergeFrom(match)
    response = semantic_cache_pb2.SearchResponse(hit={"matches": [match, sure]})

    found = responses.searched(response)

    assert [match.confidence for match in found.matches] == [None, 0.0]


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (semantic_cache_pb2.REFUSAL_REASON_GUARD, nearhit.RefusalReason.GUARD),
        (semantic_cache_pb2.REFUSAL_REASON_SHADOW, nearhit.RefusalReason.SHADOW),
        (77, nearhit.RefusalReason.OTHER),
    ],
)
def test_miss_tells_of_its_candidate_and_why_it_was_refused(number, reason):
    candidate = semantic_cache_pb2.Candidate(
        entry_id="e1", prompt="stored", similarity=0.9, reason=number, detail="2023, 2024"
    )
    miss = semantic_cache_pb2.Miss(nearest_similarity=0.9, candidate=candidate)

    told = responses.searched(semantic_cache_pb2.SearchResponse(miss=miss))

    assert told.candidate == nearhit.Candidate(
        entry_id="e1",
        prompt="stored",
        similarity=0.9,
        confidence=None,
        reason=reason,
        detail="2023, 2024",
    )


def test_stats_have_everything_that_was_sent():
    response = cache_quality_pb2.GetCacheStatsResponse(
        searches=100,
        exact_hits=10,
        semantic_hits=20,
        refusals={"guard": 3, "below_threshold": 60, "tired": 1, "bored": 2},
        reported_right=5,
        reported_wrong=1,
        false_hit_rate=cache_quality_pb2.Rate(value=0.25, low=0.125, high=0.5),
        min_confidence=0.0,
        quarantined_entries=2,
    )

    assert quality.counted(response) == nearhit.CacheStats(
        searches=100,
        exact_hits=10,
        semantic_hits=20,
        refusals={
            nearhit.RefusalReason.GUARD: 3,
            nearhit.RefusalReason.BELOW_THRESHOLD: 60,
            nearhit.RefusalReason.OTHER: 3,
        },
        reported_right=5,
        reported_wrong=1,
        false_hit_rate=nearhit.Rate(0.25, 0.125, 0.5),
        min_confidence=0.0,
        quarantined_entries=2,
    )


def test_stats_have_none_for_what_is_absent():
    stats = quality.counted(cache_quality_pb2.GetCacheStatsResponse())

    assert (stats.false_hit_rate, stats.min_confidence, stats.refusals) == (None, None, {})


def test_report_has_everything_that_was_sent():
    (report,) = quality.reports_listed(cache_quality_pb2.ListReportsResponse(reports=[REPORT]))

    assert report == nearhit.HitReport(
        entry_id="e1",
        prompt="asked",
        entry_prompt="stored",
        verdict=nearhit.Verdict.WRONG,
        similarity=None,
        confidence=0.0,
        reported_at=NOON,
    )


def test_shadow_search_has_everything_that_was_sent():
    refused = cache_quality_pb2.ShadowSearch(refusal=77, confidence=0.5)
    refused.MergeFrom(SHADOW_SEARCH)
    response = cache_quality_pb2.ListShadowSearchesResponse(searches=[SHADOW_SEARCH, refused])

    served, other = quality.shadow_searches_listed(response)

    assert served == nearhit.ShadowSearch(
        searched_at=NOON,
        prompt="asked",
        entry_id="e1",
        entry_prompt="stored",
        similarity=0.9,
        confidence=None,
        strategy=nearhit.Strategy.SEMANTIC,
        refusal=None,
    )
    assert (other.refusal, other.confidence) == (nearhit.RefusalReason.OTHER, 0.5)


def test_report_without_a_verdict_cannot_be_read():
    response = cache_quality_pb2.ListReportsResponse(reports=[{"report_time": NOON_MESSAGE}])

    with pytest.raises(nearhit.InternalError, match="cannot be read"):
        outcomes.read(quality.reports_listed, response)


async def test_report_answers_whether_the_entry_is_quarantined(server, call):
    server.answers("ReportHit", semantic_cache_pb2.ReportHitResponse(quarantined=True))

    assert await call("report_hit", "e1", "asked", "wrong") is True


async def test_release_answers_whether_there_was_a_quarantine(server, call):
    server.answers("ReleaseEntry", cache_quality_pb2.ReleaseEntryResponse())

    assert await call("release_entry", "e1") is False


async def test_stats_are_those_of_the_clients_cache(server, call):
    server.answers("GetCacheStats", cache_quality_pb2.GetCacheStatsResponse(searches=7))

    assert (await call("cache_stats")).searches == 7
    request = cache_quality_pb2.GetCacheStatsRequest.FromString(server.seen[0].request)
    assert request.cache == "faq"


@pytest.mark.parametrize(
    ("method", "rpc", "kind", "pages"),
    [
        (
            "list_reports",
            "ListReports",
            cache_quality_pb2.ListReportsRequest,
            [
                cache_quality_pb2.ListReportsResponse(reports=[REPORT] * 2, next_page_token="t"),
                cache_quality_pb2.ListReportsResponse(reports=[REPORT]),
            ],
        ),
        (
            "list_shadow_searches",
            "ListShadowSearches",
            cache_quality_pb2.ListShadowSearchesRequest,
            [
                cache_quality_pb2.ListShadowSearchesResponse(
                    searches=[SHADOW_SEARCH] * 2, next_page_token="t"
                ),
                cache_quality_pb2.ListShadowSearchesResponse(searches=[SHADOW_SEARCH]),
            ],
        ),
    ],
)
async def test_lists_are_read_page_by_page(server, call, method, rpc, kind, pages):
    server.answers(rpc, *pages)

    found = await call(method, page_size=2)

    assert [item.prompt for item in found] == ["asked"] * 3
    requests = [kind.FromString(seen.request) for seen in server.seen]
    assert [(request.page_size, request.page_token) for request in requests] == [(2, ""), (2, "t")]
