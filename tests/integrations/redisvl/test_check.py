"""check and acheck: hits as dicts, thresholds, and what is refused before anything is sent."""

from datetime import UTC, datetime
from fractions import Fraction

import numpy as np
import pytest

KEYS = {
    "entry_id",
    "prompt",
    "response",
    "vector_distance",
    "inserted_at",
    "updated_at",
    "key",
}


def vector_at(cosine: float, dimension: int = 384) -> list[float]:
    """A vector with this cosine similarity to the first axis."""
    return [cosine, (1 - cosine**2) ** 0.5] + [0.0] * (dimension - 2)


async def test_check_returns_nothing_when_cache_is_empty(cache, call):
    assert await call(cache, "check", "hello") == []


async def test_check_returns_the_entry_as_a_dict(cache, call):
    before = datetime.now(UTC).timestamp()
    key = await call(cache, "store", "How do I reset my password?", "Click here.")

    (hit,) = await call(cache, "check", "how can I reset my password")

    assert hit.keys() == KEYS
    assert hit["key"] == f"{cache.name}:{hit['entry_id']}" == key
    assert (hit["prompt"], hit["response"]) == ("How do I reset my password?", "Click here.")
    assert 0 < hit["vector_distance"] < 0.2
    assert before - 1 < hit["inserted_at"] == hit["updated_at"] < before + 60


async def test_check_finds_the_same_prompt_at_distance_0(cache, call):
    await call(cache, "store", "hello there", "hi")

    (hit,) = await call(cache, "check", "hello there", distance_threshold=0)

    assert hit["vector_distance"] == 0


async def test_check_finds_a_prompt_past_the_models_window_exactly(cache, call):
    long = "word " * 600
    await call(cache, "store", long, "long answer")

    for count in (1, 5):
        (hit,) = await call(cache, "check", long, num_results=count)
        assert (hit["response"], hit["vector_distance"]) == ("long answer", 0)
    assert await call(cache, "check", f"{long} and more") == []


async def test_check_returns_several_nearest_first(cache, call):
    for cosine in (0.9, 1.0, 0.85, 0.5):
        await call(cache, "store", f"prompt {cosine}", str(cosine), vector=vector_at(cosine))

    hits = await call(cache, "check", vector=vector_at(1.0), num_results=5)
    two = await call(cache, "check", vector=vector_at(1.0), num_results=2)

    assert [hit["response"] for hit in hits] == ["1.0", "0.9", "0.85"]
    assert [hit["vector_distance"] for hit in hits] == [0, 0.1, 0.15]
    assert two == hits[:2]


async def test_same_prompt_does_not_hide_others_that_are_near(cache, call):
    await call(cache, "store", "How do I reset my password?", "same")
    await call(cache, "store", "How can I reset my password?", "near")

    hits = await call(cache, "check", "How do I reset my password?", num_results=5)

    assert [hit["response"] for hit in hits] == ["same", "near"]


@pytest.mark.parametrize(
    ("threshold", "count"), [(0, 0), (0.69999, 0), (0.7, 1), (1, 1), (2, 1), (5, 1)]
)
async def test_calls_own_threshold_counts_and_is_inclusive(cache, call, threshold, count):
    await call(cache, "store", "a", "b", vector=vector_at(0.3))

    hits = await call(cache, "check", vector=vector_at(1.0), distance_threshold=threshold)

    assert len(hits) == count


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, np.int64, Fraction])
async def test_threshold_is_any_number(cache, call, kind):
    await call(cache, "store", "hello", "hi", vector=vector_at(0.3))

    assert await call(cache, "check", vector=vector_at(1.0), distance_threshold=kind(1))
    assert not await call(cache, "check", vector=vector_at(1.0), distance_threshold=kind(0))


async def test_object_threshold_counts_when_the_call_has_none(cache, call):
    await call(cache, "store", "a", "b", vector=vector_at(0.3))
    assert await call(cache, "check", vector=vector_at(1.0)) == []

    cache.set_threshold(0.75)

    assert len(await call(cache, "check", vector=vector_at(1.0))) == 1


async def test_vector_wins_over_prompt(cache, call):
    await call(cache, "store", "red", "red", vector=vector_at(1.0))
    await call(cache, "store", "blue", "blue", vector=vector_at(0.0))

    (hit,) = await call(cache, "check", "blue", vector=np.array(vector_at(1.0), np.float32))

    assert hit["response"] == "red"


async def test_metadata_come_back_and_are_absent_when_never_stored(cache, call):
    await call(cache, "store", "with", "r", metadata={"a": [1, None]})
    await call(cache, "store", "empty", "r", metadata={})
    await call(cache, "store", "without", "r")

    assert (await call(cache, "check", "with"))[0]["metadata"] == {"a": [1, None]}
    assert (await call(cache, "check", "empty"))[0]["metadata"] == {}
    assert "metadata" not in (await call(cache, "check", "without"))[0]


async def test_filter_values_come_back_as_strings(cache, call):
    filters = {"label": "a,b|c", "price": 90210, "seen": 1.5, "undeclared": "x"}
    await call(cache, "store", "hello", "hi", filters=filters)

    (hit,) = await call(cache, "check", "hello")

    assert hit.keys() == KEYS | filters.keys()
    assert (hit["label"], hit["price"], hit["seen"]) == ("a,b|c", "90210", "1.5")


@pytest.mark.parametrize(
    ("fields", "keys"),
    [
        (["prompt", "vector_distance"], {"prompt", "vector_distance", "key"}),
        (["key", "label", "nothing"], {"label", "key"}),
        ([], KEYS | {"label"}),
    ],
)
async def test_check_returns_the_fields_asked_for(cache, call, fields, keys):
    await call(cache, "store", "hello", "hi", filters={"label": "a"})

    (hit,) = await call(cache, "check", "hello", return_fields=fields)

    assert hit.keys() == keys


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({}, ValueError),
        ({"prompt": ""}, ValueError),
        ({"prompt": 7}, TypeError),
        ({"prompt": 7, "vector": vector_at(1.0)}, TypeError),
        ({"vector": []}, ValueError),
        ({"vector": [1.0, 2.0, 3.0]}, ValueError),
        ({"vector": np.ones((2, 384))}, ValueError),
        ({"vector": ["a"] * 384}, TypeError),
        ({"prompt": "a", "return_fields": "prompt"}, TypeError),
        ({"prompt": "a", "return_fields": ("prompt",)}, TypeError),
        ({"prompt": "a", "distance_threshold": -0.1}, ValueError),
        ({"prompt": "a", "distance_threshold": float("nan")}, ValueError),
        ({"prompt": "a", "distance_threshold": "0.1"}, TypeError),
        ({"prompt": "a", "distance_threshold": True}, TypeError),
        ({"prompt": "a", "num_results": 0}, ValueError),
        ({"prompt": "a", "num_results": 101}, ValueError),
        ({"prompt": "a", "num_results": "1"}, TypeError),
        ({"prompt": "a", "filter_expression": "@label:{a}"}, TypeError),
    ],
    ids=str,
)
async def test_check_refuses_what_makes_no_sense(cache, call, arguments, error):
    with pytest.raises(error):
        await call(cache, "check", **arguments)


@pytest.mark.parametrize("threshold", [-0.01, 2.01, float("nan")])
async def test_set_threshold_refuses_what_no_distance_is(cache, threshold):
    with pytest.raises(ValueError, match="distance_threshold"):
        cache.set_threshold(threshold)

    assert cache.distance_threshold == 0.2
