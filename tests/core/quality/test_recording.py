"""What searches came to, told to the store behind their answers."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from nearhit_server.core.caches import CacheSpec, Strategy
from nearhit_server.core.entries import Entry
from nearhit_server.core.errors import Reason, SpecChangedError, UnavailableError
from nearhit_server.core.quality.recording import SearchRecorder
from nearhit_server.core.quality.shadowing import shadow_search_of, shadowed
from nearhit_server.core.queries import Candidate, Hit, Match, Miss, RefusalReason

NOW = datetime(2026, 1, 2, tzinfo=UTC)
SPEC = CacheSpec(
    cache_id="default",
    model=None,
    dimension=3,
    similarity_threshold=0.9,
    created_at=NOW,
    updated_at=NOW,
)
ENTRY = Entry(
    entry_id="0" * 32,
    prompt="How do I enable 2FA?",
    response="So.",
    attributes={},
    metadata_json=None,
    vector=None,
    ttl=None,
    created_at=NOW,
    updated_at=NOW,
    expires_at=None,
)
SEMANTIC = Hit((Match(ENTRY, 0.95, Strategy.SEMANTIC, 0.98),), "enable 2FA")
EXACT = Hit((Match(ENTRY, 1.0, Strategy.EXACT, 1.0),), ENTRY.prompt)
GUARDED = Miss(
    Candidate(entry=ENTRY, similarity=0.93, confidence=0.0, reason=RefusalReason.GUARD),
    None,
    "disable 2FA",
)
NOTHING = Miss(None, None, "hello")


class Kept:
    """A store that keeps what it is told, or fails."""

    def __init__(self):
        self.tallies = []
        self.searches = []
        self.failure = None

    async def add_tallies(self, spec, tallies):
        if self.failure is not None:
            raise self.failure
        self.tallies.append((spec.cache_id, dict(tallies)))

    async def put_shadow_searches(self, spec, searches):
        self.searches += searches


@pytest.fixture
def store():
    return Kept()


async def test_searches_of_a_cache_are_added_at_once(store):
    async with SearchRecorder(store) as recorder:
        for outcome in (SEMANTIC, EXACT, EXACT, GUARDED, NOTHING):
            recorder.note(SPEC, outcome)
        recorder.note(replace(SPEC, cache_id="other"), NOTHING)
    assert store.tallies == [
        (
            "default",
            {"searches": 5, "semantic_hits": 1, "exact_hits": 2, "refused:guard": 1},
        ),
        ("other", {"searches": 1}),
    ]


async def test_counts_of_a_cache_that_has_changed_are_dropped_in_silence(store):
    store.failure = SpecChangedError("default")
    with capture_logs() as logs:
        async with SearchRecorder(store) as recorder:
            recorder.note(SPEC, NOTHING)
    assert not logs


async def test_counts_that_the_store_does_not_take_are_told(store):
    store.failure = UnavailableError("away", reason=Reason.STORE_UNAVAILABLE)
    with capture_logs() as logs:
        async with SearchRecorder(store) as recorder:
            recorder.note(SPEC, NOTHING)
    assert [(line["event"], line["cache"]) for line in logs] == [
        ("searches not counted", "default")
    ]


async def test_shadow_searches_are_written(store):
    search = shadow_search_of(SEMANTIC, searched_at=NOW)
    async with SearchRecorder(store) as recorder:
        recorder.note_shadow(SPEC, search)
    assert store.searches == [search]


def test_hit_in_shadow_mode_is_a_miss_that_names_it():
    miss = shadowed(SEMANTIC)
    assert miss.candidate.reason is RefusalReason.SHADOW
    assert (miss.candidate.entry, miss.candidate.confidence) == (ENTRY, 0.98)
    assert miss.effective_prompt == "enable 2FA"


def test_miss_in_shadow_mode_stays_what_it_was():
    assert shadowed(GUARDED) is GUARDED


@pytest.mark.parametrize(
    ("outcome", "entry_id", "refusal", "confidence"),
    [
        (SEMANTIC, ENTRY.entry_id, None, 0.98),
        (EXACT, ENTRY.entry_id, None, 1.0),
        (GUARDED, ENTRY.entry_id, RefusalReason.GUARD, 0.0),
        (NOTHING, "", None, None),
    ],
)
def test_record_of_a_search_in_shadow_mode(outcome, entry_id, refusal, confidence):
    search = shadow_search_of(outcome, searched_at=NOW)
    assert (search.entry_id, search.refusal, search.confidence) == (entry_id, refusal, confidence)
    assert (search.prompt, search.searched_at) == (outcome.effective_prompt, NOW)
