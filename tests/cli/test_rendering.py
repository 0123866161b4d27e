"""Results in words and as JSON."""

from datetime import UTC, datetime, timedelta

import pytest

from nearhit import (
    AttributeType,
    Cache,
    Candidate,
    Entry,
    ExactOnlyReason,
    LongPrompts,
    Match,
    Miss,
    RefusalReason,
    Stored,
    Strategy,
    Verification,
)
from nearhit_server.cli import output, rendering

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def cache(**settings):
    values = {
        "cache_id": "faq",
        "model": "m",
        "dimension": 384,
        "similarity_threshold": 0.9,
        "default_ttl": None,
        "ttl_refresh_on_hit": False,
        "strategies": (Strategy.EXACT,),
        "long_prompts": LongPrompts.EXACT_ONLY,
        "max_entries": None,
        "attributes": {},
        "restrict_attributes": False,
        "verification": Verification.FULL,
        "max_false_hit_rate": None,
        "shadow": False,
        "created_at": NOW,
        "updated_at": NOW,
        "entry_count": 12_345,
    }
    return Cache(**{**values, **settings})


@pytest.mark.parametrize(
    ("miss", "threshold", "expected"),
    [
        (Miss(0.5, None, ""), None, "similarity 0.5000, under the threshold"),
        (Miss(0.5, None, ""), 0.8, "similarity 0.5000, under 0.8"),
        (Miss(None, None, ""), None, "miss: nothing to compare with"),
        (Miss(None, ExactOnlyReason.CACHE_STRATEGIES, ""), None, "does not search by similarity"),
        (Miss(None, ExactOnlyReason.OTHER, ""), None, "this version does not know"),
    ],
)
def test_miss_says_what_is_known(miss, threshold, expected):
    assert expected in rendering.miss_sentence(miss, threshold)


def refused(reason, detail="", confidence=None):
    candidate = Candidate(
        entry_id="e1",
        prompt="stored",
        similarity=0.5,
        confidence=confidence,
        reason=reason,
        detail=detail,
    )
    return Miss(0.5, None, "", candidate)


def test_miss_says_why_its_candidate_was_refused():
    sentences = {rendering.miss_sentence(refused(reason), None) for reason in RefusalReason}

    assert len(sentences) == len(RefusalReason)
    assert all(s.startswith("miss: the nearest entry has similarity 0.5000 and") for s in sentences)


def test_miss_says_what_differs():
    sentence = rendering.miss_sentence(refused(RefusalReason.GUARD, "2023, 2024"), None)

    assert sentence.endswith(" and differs in what decides: 2023, 2024")


def test_candidate_fields_have_a_confidence_when_there_is_one():
    unsure = refused(RefusalReason.GUARD).candidate
    sure = refused(RefusalReason.LOW_CONFIDENCE, confidence=0.25).candidate

    assert rendering.candidate_fields(unsure) == {"prompt": "stored", "entry": "e1"}
    assert rendering.candidate_fields(sure)["confidence"] == "0.2500"


@pytest.mark.parametrize(
    ("confidence", "shown"),
    [
        (None, "similarity 0.9000, semantic"),
        (0.5, "similarity 0.9000, confidence 0.5000, semantic"),
    ],
)
def test_match_shows_its_confidence_when_there_is_one(confidence, shown):
    entry = Entry(
        entry_id="e1",
        prompt="stored",
        response="r",
        attributes={},
        metadata=None,
        vector=None,
        created_at=NOW,
        updated_at=NOW,
        expires_at=None,
        ttl=None,
    )
    match = Match(entry, 0.9, Strategy.SEMANTIC, confidence)

    assert rendering.match_fields(match)["hit"] == shown


@pytest.mark.parametrize("reason", ExactOnlyReason)
def test_stored_entry_says_why_when_only_exact_search_finds_it(reason):
    assert "only exact searches" in rendering.stored_sentence(Stored("id", True, reason))
    assert rendering.stored_record(Stored("id", True, reason))["exact_only_reason"] == reason.value


def test_cache_fields_are_words():
    fields = rendering.cache_fields(
        cache(attributes={"year": AttributeType.NUMERIC}, default_ttl=timedelta(hours=1))
    )

    assert (fields["cache"], fields["entry count"]) == ("faq", "12,345")
    assert (fields["default ttl"], fields["max entries"]) == ("1:00:00", "none")
    assert (fields["attributes"], fields["restrict attributes"]) == ("year:numeric", "no")
    assert (fields["verification"], fields["max false hit rate"]) == ("full", "none")


def test_cache_fields_leave_the_size_out_when_it_is_not_known():
    assert "entry count" not in rendering.cache_fields(cache(entry_count=None))


def test_record_has_a_plain_number_when_cache_has_a_ttl():
    record = rendering.cache_record(cache(default_ttl=timedelta(minutes=1, milliseconds=500)))
    assert record["default_ttl_seconds"] == 60.5


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\tand\nlines", "plain\tand\nlines"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\rb\x00", "a\\rb\\x00"),
        ("\x9b1m", "\\x9b1m"),
        ("safe\u202eevil", "safe\\u202eevil"),
        ("é 😀", "é 😀"),
    ],
)
def test_control_characters_are_written_out(text, shown):
    assert output.visible(text) == shown


def test_counted_is_plural_unless_there_is_one():
    assert output.counted(1, "line") == "1 line"
    assert output.counted(0, "line") == "0 lines"
    assert output.counted(1_200, "entry", "entries") == "1,200 entries"
