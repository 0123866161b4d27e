"""Responses as they are read, among them such as a newer or broken server may send."""

from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

import nearhit
from nearhit.messages import caches, keys, outcomes, responses
from nearhit.v1 import cache_admin_pb2, key_admin_pb2, semantic_cache_pb2, types_pb2

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)


def timestamp(moment: datetime) -> Timestamp:
    message = Timestamp()
    message.FromDatetime(moment)
    return message


def entry_message(**fields: object) -> types_pb2.Entry:
    times = {"create_time": timestamp(NOON), "update_time": timestamp(NOON)}
    return types_pb2.Entry(entry_id="e1", prompt="a", response="b", **times, **fields)


def hit(*entries: types_pb2.Entry, strategy: int = 1) -> semantic_cache_pb2.SearchResponse:
    matches = [
        semantic_cache_pb2.Match(entry=entry, similarity=1, strategy=strategy) for entry in entries
    ]
    return semantic_cache_pb2.SearchResponse(hit=semantic_cache_pb2.Hit(matches=matches))


def test_entry_has_everything_that_was_sent():
    entry = responses.entry(
        entry_message(
            attributes={"lang": "en"},
            metadata_json='{"n":9007199254740993}',
            vector=types_pb2.Vector(float32_le=b"\0\0\x80?"),
            expire_time=timestamp(NOON + timedelta(microseconds=1)),
            ttl=Duration(nanos=1_000),
        )
    )

    assert entry.attributes == {"lang": "en"}
    assert entry.metadata == {"n": 9007199254740993}
    assert entry.vector is not None
    assert entry.vector.tolist() == [1.0]
    assert (entry.created_at, entry.updated_at) == (NOON, NOON)
    assert entry.expires_at == NOON + timedelta(microseconds=1)
    assert entry.ttl == timedelta(microseconds=1)


def test_entry_has_none_for_what_is_absent():
    entry = responses.entry(entry_message())

    assert entry.attributes == {}
    assert (entry.metadata, entry.vector, entry.expires_at, entry.ttl) == (None,) * 4


def test_entry_tells_empty_metadata_from_none():
    assert responses.entry(entry_message(metadata_json="{}")).metadata == {}


def test_vector_is_read_from_a_list_too():
    message = types_pb2.Vector(floats=types_pb2.Vector.Floats(values=[0.5]))

    assert responses.vector(message).tolist() == [0.5]


def test_miss_tells_how_far_off_it_was():
    miss = semantic_cache_pb2.Miss(nearest_similarity=0.0)
    response = semantic_cache_pb2.SearchResponse(miss=miss, effective_prompt="a")

    assert responses.searched(response) == nearhit.Miss(0.0, None, "a")


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (0, None),
        (1, nearhit.ExactOnlyReason.PROMPT_EXCEEDS_WINDOW),
        (2, nearhit.ExactOnlyReason.CACHE_STRATEGIES),
        (3, nearhit.ExactOnlyReason.PROMPT_HAS_UNKNOWN_TOKENS),
        (77, nearhit.ExactOnlyReason.OTHER),
    ],
)
def test_stored_tells_why_only_exact_search_will_find_it(number, reason):
    response = semantic_cache_pb2.StoreResponse(entry_id="e1", exact_only_reason=number)

    assert responses.stored(response) == nearhit.Stored("e1", False, reason)


@pytest.mark.parametrize(
    "response",
    [
        semantic_cache_pb2.SearchResponse(),
        hit(),
        hit(entry_message(), strategy=77),
        hit(entry_message(metadata_json="{")),
        hit(entry_message(metadata_json="[1]")),
        hit(entry_message(metadata_json='{"a":' * 10_000 + "1" + "}" * 10_000)),
        hit(entry_message(metadata_json='{"a":' + "1" * 5_000 + "}")),
        hit(entry_message(vector=types_pb2.Vector())),
        hit(entry_message(vector=types_pb2.Vector(float32_le=b"\0" * 5))),
        hit(entry_message(expire_time=Timestamp(seconds=2**61))),
    ],
    ids=[
        "empty",
        "no-match",
        "strategy",
        "json",
        "json-list",
        "json-deep",
        "json-digits",
        "vector",
        "vector-bytes",
        "time",
    ],
)
def test_read_raises_internal_error_when_response_cannot_be_read(response):
    with pytest.raises(nearhit.InternalError, match="cannot be read"):
        outcomes.read(responses.searched, response)


def test_batch_keeps_the_other_outcomes_when_one_cannot_be_read():
    results = [
        semantic_cache_pb2.BatchSearchResult(response=hit(entry_message())),
        semantic_cache_pb2.BatchSearchResult(response=hit(entry_message(metadata_json="{"))),
        semantic_cache_pb2.BatchSearchResult(),
        semantic_cache_pb2.BatchSearchResult(error=semantic_cache_pb2.ItemError(code=14)),
    ]
    response = semantic_cache_pb2.BatchSearchResponse(results=results)

    kinds = [type(outcome) for outcome in outcomes.batch_searched(response, count=4)]

    assert kinds == [
        nearhit.Hit,
        nearhit.InternalError,
        nearhit.InternalError,
        nearhit.UnavailableError,
    ]


def test_batch_store_outcome_is_an_error_when_nothing_is_said():
    response = semantic_cache_pb2.BatchStoreResponse(
        results=[semantic_cache_pb2.BatchStoreResult()]
    )

    (outcome,) = outcomes.batch_stored(response, count=1)

    assert isinstance(outcome, nearhit.InternalError)


def test_cache_has_its_settings():
    price = cache_admin_pb2.AttributeDeclaration(
        name="price", type=cache_admin_pb2.ATTRIBUTE_TYPE_NUMERIC
    )
    message = cache_admin_pb2.Cache(
        cache_id="faq",
        model="mini",
        dimension=384,
        similarity_threshold=0.9,
        default_ttl=Duration(seconds=60),
        strategies=[types_pb2.SEARCH_STRATEGY_EXACT],
        long_prompts=cache_admin_pb2.LONG_PROMPTS_TRUNCATE,
        max_entries=10,
        attributes=[price],
        verification=cache_admin_pb2.VERIFICATION_GUARD,
        max_false_hit_rate=0.02,
        shadow=True,
        create_time=timestamp(NOON),
        update_time=timestamp(NOON),
        entry_count=7,
    )

    cache = caches.told(cache_admin_pb2.GetCacheResponse(cache=message))

    assert cache == nearhit.Cache(
        cache_id="faq",
        model="mini",
        dimension=384,
        similarity_threshold=0.9,
        default_ttl=timedelta(minutes=1),
        ttl_refresh_on_hit=False,
        strategies=(nearhit.Strategy.EXACT,),
        long_prompts=nearhit.LongPrompts.TRUNCATE,
        max_entries=10,
        attributes={"price": nearhit.AttributeType.NUMERIC},
        restrict_attributes=False,
        verification=nearhit.Verification.GUARD,
        max_false_hit_rate=0.02,
        shadow=True,
        created_at=NOON,
        updated_at=NOON,
        entry_count=7,
    )


def test_cache_of_a_server_that_verifies_nothing_says_so():
    times = {"create_time": timestamp(NOON), "update_time": timestamp(NOON)}
    message = cache_admin_pb2.Cache(cache_id="faq", **times)

    cache = caches.told(cache_admin_pb2.GetCacheResponse(cache=message))

    assert (cache.verification, cache.max_false_hit_rate) == (nearhit.Verification.OFF, None)


def test_key_has_everything_that_was_sent():
    key = keys.revoked(
        key_admin_pb2.RevokeKeyResponse(
            key=key_admin_pb2.Key(
                key_id="00ff",
                display_name="billing",
                scopes=[key_admin_pb2.KEY_SCOPE_WRITE],
                caches=["faq"],
                namespaces=[""],
                create_time=timestamp(NOON),
                revoke_time=timestamp(NOON + timedelta(hours=1)),
            )
        )
    )

    assert key == nearhit.ApiKey(
        key_id="00ff",
        display_name="billing",
        scopes=(nearhit.KeyScope.WRITE,),
        caches=("faq",),
        namespaces=("",),
        created_at=NOON,
        expires_at=None,
        revoked_at=NOON + timedelta(hours=1),
    )


def test_issued_key_does_not_show_its_secret():
    response = key_admin_pb2.CreateKeyResponse(key={"key_id": "00ff"}, secret="nh_00ff_secret")

    issued = keys.issued(response)

    assert issued.secret == "nh_00ff_secret"
    assert "secret" not in repr(issued)


def test_issued_key_is_refused_when_there_is_no_secret():
    with pytest.raises(nearhit.InternalError):
        outcomes.read(keys.issued, key_admin_pb2.CreateKeyResponse())
