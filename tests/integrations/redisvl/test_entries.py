"""store, update, drop, clear and delete, in both forms."""

import asyncio
import math

import pytest


async def responses(cache, prompt, **options):
    return [hit["response"] for hit in await cache.acheck(prompt, num_results=10, **options)]


async def test_store_again_leaves_nothing_of_the_old_entry(cache, call):
    first = await call(cache, "store", "hello", "old", metadata={"a": 1}, ttl=1_000)
    second = await call(cache, "store", "hello", "new")

    (hit,) = await call(cache, "check", "hello")

    assert first == second
    assert (hit["response"], "metadata" in hit) == ("new", False)


async def test_same_prompt_with_other_filters_is_another_entry(cache, call):
    one = await call(cache, "store", "ab", "1", filters={"c": "d"})
    others = [
        await call(cache, "store", "abcd", "2"),
        await call(cache, "store", "ab", "3", filters={"c": "e"}),
        await call(cache, "store", "ab", "4"),
    ]

    assert len({one, *others}) == 4


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"prompt": 7}, TypeError),
        ({"prompt": 7, "vector": [1.0] * 384}, TypeError),
        ({"prompt": " "}, ValueError),
        ({"response": 7}, ValueError),
        ({"response": None}, ValueError),
        ({"metadata": [1]}, ValueError),
        ({"metadata": "a"}, ValueError),
        ({"metadata": {"a": {1}}}, TypeError),
        ({"metadata": {"a": math.nan}}, TypeError),
        ({"vector": [1.0]}, ValueError),
        ({"filters": {"prompt": "a"}}, ValueError),
        ({"filters": {"label": ["a"]}}, TypeError),
        ({"filters": {"label": None}}, TypeError),
        ({"filters": {"label": True}}, TypeError),
        ({"filters": {"price": "cheap"}}, ValueError),
        ({"filters": {"a b": "a"}}, ValueError),
        ({"ttl": 1.5}, TypeError),
        ({"ttl": -1}, ValueError),
    ],
    ids=str,
)
async def test_store_refuses_what_makes_no_sense(cache, call, arguments, error):
    with pytest.raises(error):
        await call(cache, "store", **{"prompt": "hello", "response": "hi", **arguments})

    assert await responses(cache, "hello") == []


async def test_update_changes_the_fields_given(cache, call):
    filters = {"label": "a", "price": 1}
    key = await call(cache, "store", "hello there", "hi", metadata={"a": 1}, filters=filters)
    (stored,) = await call(cache, "check", "hello there")

    await call(
        cache,
        "update",
        key,
        prompt="good night",
        response="sleep well",
        metadata={"b": 2},
        label="b",
        inserted_at=0.0,
        updated_at=0.0,
    )

    (hit,) = await call(cache, "check", "good night")
    assert hit["key"] == key
    assert (hit["response"], hit["metadata"]) == ("sleep well", {"b": 2})
    assert (hit["label"], hit["price"]) == ("b", "1")
    assert hit["inserted_at"] == stored["inserted_at"] < hit["updated_at"]
    assert await responses(cache, "hello there") == []


@pytest.mark.parametrize("field", ["vector", "prompt_vector"])
async def test_update_changes_the_vector(cache, call, field):
    key = await call(cache, "store", "hello", "hi", vector=[1.0] + [0.0] * 383)

    await call(cache, "update", key, **{field: [0.0, 1.0] + [0.0] * 382})

    (hit,) = await call(cache, "check", vector=[0.0, 1.0] + [0.0] * 382)
    assert (hit["key"], hit["vector_distance"]) == (key, 0)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"entry_id": "a"}, ValueError),
        ({"colour": "a"}, ValueError),
        ({"metadata": "a"}, TypeError),
        ({"metadata": None}, TypeError),
        ({"metadata": {"a": {1}}}, TypeError),
        ({"vector": [1.0]}, ValueError),
        ({"response": 7}, TypeError),
    ],
    ids=str,
)
async def test_update_refuses_what_makes_no_sense(cache, call, fields, error):
    key = await call(cache, "store", "hello", "hi")

    with pytest.raises(error):
        await call(cache, "update", key, **fields)


@pytest.mark.parametrize("key", ["{name}:" + "0" * 32, "other:" + "0" * 32, "nonsense"])
async def test_key_of_no_entry_is_refused_by_update_and_nothing_to_the_others(cache, call, key):
    key = key.replace("{name}", cache.name)

    with pytest.raises(KeyError):
        await call(cache, "update", key, response="a")
    with pytest.raises(KeyError):
        await call(cache, "update", key)
    await call(cache, "expire", key, 5)
    await call(cache, "drop", keys=[key])


async def test_drop_removes_by_id_and_by_key(cache, call):
    keys = [await call(cache, "store", f"hello {n}", str(n)) for n in range(4)]
    ids = [key.removeprefix(f"{cache.name}:") for key in keys]

    await call(cache, "drop", ids=ids[:1], keys=keys[1:3])

    assert await responses(cache, "hello", distance_threshold=2) == ["3"]


async def test_drop_takes_any_number_of_ids_and_those_that_there_cannot_be(cache, call):
    key = await call(cache, "store", "hello", "hi")
    ids = [f"{n:032x}" for n in range(1_500)]

    await call(cache, "drop", ids=[*ids, "never one", key.removeprefix(f"{cache.name}:")])
    await call(cache, "drop", ids=[])

    assert await responses(cache, "hello") == []


async def test_drop_refuses_nothing_at_all(cache, call):
    with pytest.raises(ValueError, match="ids or keys"):
        await call(cache, "drop")
    with pytest.raises(TypeError, match="several"):
        await call(cache, "drop", ids="0" * 32)


async def test_key_of_another_cache_drops_nothing(open_cache, cache, call):
    other = await open_cache(f"{cache.name}-other")
    key = await call(other, "store", "hello", "hi")

    await call(cache, "drop", keys=[key])

    assert await responses(other, "hello") == ["hi"]


async def test_clear_empties_this_cache_alone(open_cache, cache, call):
    # The names are such that one cache's key prefix begins the other's.
    other = await open_cache(f"{cache.name}:a", filterable_fields=[])
    for each in (cache, other):
        await call(each, "store", "hello", "hi")

    await call(cache, "clear")

    assert await responses(cache, "hello") == []
    assert await responses(other, "hello") == ["hi"]


async def test_delete_removes_the_cache(cache, call):
    assert await asyncio.to_thread(cache.index.exists)
    assert await cache.aindex.exists()

    await call(cache, "delete")

    assert not await asyncio.to_thread(cache.index.exists)
    assert not await cache.aindex.exists()


async def test_index_tells_of_the_cache(cache, call):
    await call(cache, "store", "hello", "hi")

    info = await cache.aindex.info()

    assert info == await asyncio.to_thread(cache.index.info)
    assert cache.index.name == cache.aindex.name == info["index_name"] == cache.name
    assert (info["num_docs"], info["dims"]) == (1, 384)
    assert info["fields"]["price"] == "numeric"
