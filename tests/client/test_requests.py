"""Requests as they are built, and what is refused before anything is sent."""

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

import nearhit
from nearhit.messages import caches, requests, values
from nearhit.operations import Operations
from nearhit.v1 import cache_admin_pb2, key_admin_pb2, semantic_cache_pb2, types_pb2

FAQ = Operations("faq")


def test_search_request_holds_everything_given():
    request = requests.search(
        nearhit.Query(
            "a prompt",
            vector=np.array([1.0, 0.0]),
            strategies=[nearhit.Strategy.SEMANTIC, nearhit.Strategy.EXACT],
            similarity_threshold=np.float32(0.5),
            attributes={"lang": "en"},
            filter=nearhit.attribute("tier") == "free",
            max_results=np.int64(3),
            context=["before"],
        ),
        cache="faq",
    )

    tier = types_pb2.Filter(tag_in=types_pb2.TagIn(name="tier", values=["free"]))
    assert request == semantic_cache_pb2.SearchRequest(
        cache="faq",
        prompt="a prompt",
        vector=types_pb2.Vector(float32_le=b"\0\0\x80?\0\0\0\0"),
        strategies=[types_pb2.SEARCH_STRATEGY_SEMANTIC, types_pb2.SEARCH_STRATEGY_EXACT],
        similarity_threshold=0.5,
        attributes={"lang": "en"},
        filter=tier,
        max_results=3,
        context=["before"],
    )


def test_search_request_leaves_out_what_is_not_given():
    request = requests.search(nearhit.Query(vector=[1.0]))

    assert {field.name for field, _ in request.ListFields()} == {"vector"}


def test_search_request_keeps_what_is_zero_or_empty():
    request = requests.search(nearhit.Query("", similarity_threshold=0, max_results=0))

    assert request.HasField("prompt")
    assert request.HasField("similarity_threshold")
    assert request.HasField("max_results")


def test_read_mask_names_every_field_of_entry_when_vectors_are_wanted():
    mask = requests.search(nearhit.Query("a", with_vectors=True)).read_mask

    assert mask.IsValidForDescriptor(types_pb2.Entry.DESCRIPTOR)
    assert set(mask.paths) == set(types_pb2.Entry.DESCRIPTOR.fields_by_name)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"prompt": 5}, "prompt must be a string, not int"),
        ({"prompt": b"bytes"}, "prompt must be a string, not bytes"),
        ({"similarity_threshold": "0.8"}, "similarity_threshold must be a number"),
        ({"max_results": 1.5}, "max_results must be a whole number"),
        ({"attributes": {"year": 2024}}, "attribute 'year' must be a string"),
        ({"attributes": {2024: "year"}}, "an attribute's name must be a string"),
        ({"attributes": [("lang", "en")]}, "attributes must be a mapping"),
        ({"context": "before"}, "context must be several strings"),
        ({"filter": {"lang": "en"}}, "filter must be a Filter"),
        ({"timeout": "5"}, "timeout must be seconds or a timedelta"),
    ],
)
def test_search_refuses_wrong_types_in_plain_words(arguments, message):
    with pytest.raises(TypeError, match=message):
        FAQ.search(**{"prompt": "a", **arguments})


def test_search_refuses_a_strategy_that_does_not_exist():
    with pytest.raises(ValueError, match="'fuzzy' is not a valid Strategy"):
        FAQ.search("a", strategies=["fuzzy"])


@pytest.mark.parametrize("timeout", [float("inf"), float("nan")])
def test_search_refuses_a_timeout_without_end(timeout):
    with pytest.raises(ValueError, match="timeout must be finite"):
        FAQ.search("a", timeout=timeout)


@pytest.mark.parametrize("timeout", [1e10, 1e300, timedelta.max])
def test_timeout_that_no_deadline_holds_is_a_year(timeout):
    assert FAQ.search("a", timeout=timeout).timeout_seconds == 365 * 24 * 3600


def test_search_many_refuses_one_string():
    with pytest.raises(TypeError, match="search_many takes several"):
        list(FAQ.search_many("a prompt"))


def test_embed_refuses_one_string():
    with pytest.raises(TypeError, match="texts must be several strings"):
        list(FAQ.embed("a text"))


def test_store_many_refuses_what_is_no_new_entry():
    with pytest.raises(TypeError, match="must be a NewEntry, not tuple"):
        list(FAQ.store_many([("a", "b")]))


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ({"a": float("nan")}, ValueError),
        ({"a": float("inf")}, ValueError),
        ({"a": object()}, TypeError),
        (["a"], TypeError),
        ('{"a": 1}', TypeError),
    ],
)
def test_store_refuses_metadata_that_are_no_json_object(metadata, error):
    with pytest.raises(error, match="metadata must be"):
        FAQ.store("a", "b", metadata=metadata)


def test_store_refuses_metadata_that_hold_themselves():
    metadata: dict[str, object] = {}
    metadata["self"] = metadata

    with pytest.raises(ValueError, match="metadata must be JSON"):
        FAQ.store("a", "b", metadata=metadata)


def test_store_refuses_a_ttl_in_seconds():
    with pytest.raises(TypeError, match="ttl must be a timedelta, not int"):
        FAQ.store("a", "b", ttl=60)


def test_store_refuses_text_that_is_no_unicode():
    with pytest.raises(ValueError, match="surrogates"):
        FAQ.store("\ud800", "b")


@pytest.mark.parametrize(
    "ttl", [timedelta(microseconds=1), timedelta(seconds=-1.5), timedelta(days=3650)]
)
def test_duration_is_exact_and_judges_nothing(ttl):
    assert values.duration("ttl", ttl).ToTimedelta() == ttl


@pytest.mark.parametrize(
    "selectors",
    [{}, {"entry_ids": ["e1"], "attributes": {"lang": "en"}}, {"attributes": {}, "filter": "any"}],
)
def test_delete_refuses_anything_but_one_selector(selectors):
    with pytest.raises(TypeError, match="give one of"):
        FAQ.delete(**selectors)


@pytest.mark.parametrize(
    ("selectors", "kind"),
    [
        ({"entry_ids": []}, "entry_ids"),
        ({"attributes": {}}, "attributes"),
        ({"entry_ids": (str(number) for number in range(2))}, "entry_ids"),
        ({"filter": nearhit.attribute("lang") == "en"}, "filter"),
    ],
)
def test_delete_sends_its_selector_even_when_it_is_empty(selectors, kind):
    assert FAQ.delete(**selectors).request.WhichOneof("selector") == kind


def test_delete_refuses_one_string_of_ids():
    with pytest.raises(TypeError, match="entry_ids must be several strings"):
        FAQ.delete(entry_ids="e1")


def test_batches_end_when_a_call_is_full_or_heavy():
    mebibyte = 1024 * 1024
    sizes = [len(batch) for batch in requests.batches([0] * 2_500, size_bytes=lambda _: 1)]
    heavy = list(requests.batches([20, 4, 1, 40, 1], size_bytes=lambda size: size * mebibyte))

    assert sizes == [1_000, 1_000, 500]
    assert heavy == [[20, 4], [1], [40], [1]]


def test_create_cache_request_holds_the_settings():
    request = caches.create(
        "faq",
        model="mini",
        default_ttl=timedelta(hours=1),
        similarity_threshold=None,
        strategies=[nearhit.Strategy.EXACT],
        long_prompts=nearhit.LongPrompts.TRUNCATE,
        attributes={"price": nearhit.AttributeType.NUMERIC},
        verification="full",
        max_false_hit_rate=0.02,
        shadow=True,
    )

    price = cache_admin_pb2.AttributeDeclaration(
        name="price", type=cache_admin_pb2.ATTRIBUTE_TYPE_NUMERIC
    )
    assert request.cache == cache_admin_pb2.Cache(
        cache_id="faq",
        model="mini",
        default_ttl=Duration(seconds=3600),
        strategies=[types_pb2.SEARCH_STRATEGY_EXACT],
        long_prompts=cache_admin_pb2.LONG_PROMPTS_TRUNCATE,
        attributes=[price],
        verification=cache_admin_pb2.VERIFICATION_FULL,
        max_false_hit_rate=0.02,
        shadow=True,
    )


def test_create_cache_without_settings_names_the_cache_alone():
    assert FAQ.create_cache("new").request.cache == cache_admin_pb2.Cache(cache_id="new")


def test_update_cache_masks_what_is_given_and_clears_what_is_none():
    request = FAQ.update_cache(
        "new", max_entries=None, ttl_refresh_on_hit=False, dimension=3
    ).request

    assert set(request.update_mask.paths) == {"max_entries", "ttl_refresh_on_hit", "dimension"}
    assert request.update_mask.IsValidForDescriptor(cache_admin_pb2.Cache.DESCRIPTOR)
    assert request.cache == cache_admin_pb2.Cache(cache_id="new", dimension=3)


def test_create_key_request_holds_everything_given():
    noon_in_berlin = datetime(2030, 1, 1, 13, tzinfo=timezone(timedelta(hours=1)))
    request = FAQ.create_key(
        "billing",
        scopes=[nearhit.KeyScope.READ, "write"],
        caches=["faq"],
        namespaces=["", "own"],
        expires_at=noon_in_berlin,
    ).request

    noon = Timestamp()
    noon.FromDatetime(datetime(2030, 1, 1, 12, tzinfo=UTC))
    assert request == key_admin_pb2.CreateKeyRequest(
        display_name="billing",
        scopes=[key_admin_pb2.KEY_SCOPE_READ, key_admin_pb2.KEY_SCOPE_WRITE],
        caches=["faq"],
        namespaces=["", "own"],
        expire_time=noon,
    )


def test_create_key_request_leaves_out_what_is_not_given():
    request = FAQ.create_key(scopes=[nearhit.KeyScope.ADMIN]).request

    assert {field.name for field, _ in request.ListFields()} == {"scopes"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"caches": "faq"}, "caches must be several strings"),
        ({"namespaces": ""}, "namespaces must be several strings"),
        ({"expires_at": datetime(2030, 1, 1)}, "expires_at must be a datetime with a time zone"),
        ({"expires_at": timedelta(days=1)}, "expires_at must be a datetime with a time zone"),
        ({"display_name": None}, "display_name must be a string"),
    ],
)
def test_create_key_refuses_wrong_types_in_plain_words(arguments, message):
    with pytest.raises(TypeError, match=message):
        FAQ.create_key(**{"scopes": ["read"], **arguments})


def test_rotate_key_leaves_out_a_grace_period_that_is_not_given():
    request = FAQ.rotate_key("00ff").request

    assert not request.HasField("grace_period")
