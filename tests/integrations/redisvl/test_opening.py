"""Making a SemanticCache: what is found, made, changed and refused."""

import asyncio

import pytest
from redisvl.query.filter import Num, Tag, Text
from redisvl.utils.vectorize import CustomVectorizer

import nearhit
from nearhit.integrations.redisvl import SemanticCache

LABEL = {"name": "label", "type": "tag"}


def vectorizer(dimension: int = 4, **options) -> CustomVectorizer:
    """One of RedisVL's own: a vector of each prompt's first letters."""

    def embed(text: str) -> list[float]:
        return [1.0, *(float(ord(c)) for c in f"{text:<{dimension}}"[: dimension - 1])]

    return CustomVectorizer(embed=embed, **options)


async def test_cache_is_made_with_declared_fields(cache, target, name):
    async with nearhit.AsyncClient(target, cache=name) as client:
        made = await client.get_cache()

    assert {field: kind.value for field, kind in made.attributes.items()} == {
        "label": "tag",
        "price": "numeric",
        "seen": "numeric",
        "title": "text",
    }
    assert (made.dimension, made.ttl_refresh_on_hit) == (384, True)


async def test_cache_of_a_vectorizer_has_no_model(open_cache, target, name):
    cache = await open_cache(vectorizer=vectorizer())
    await cache.astore("abc", "1")

    (hit,) = await cache.acheck("abd")
    async with nearhit.AsyncClient(target, cache=name) as client:
        made = await client.get_cache()

    assert (hit["response"], made.model, made.dimension) == ("1", "", 4)
    with pytest.raises(ValueError, match="3 components"):
        await cache.acheck(vector=[1.0, 2.0, 3.0])


async def test_changed_prompt_is_embedded_by_the_vectorizer(open_cache, call):
    cache = await open_cache(vectorizer=vectorizer(), distance_threshold=0.0001)
    key = await call(cache, "store", "abc", "1")

    await call(cache, "update", key, prompt="~!z")

    assert (await call(cache, "check", "~!z"))[0]["key"] == key
    assert await call(cache, "check", "abc") == []


async def test_existing_cache_is_used_when_its_settings_are_the_same(open_cache):
    first = await open_cache(filterable_fields=[LABEL])
    await first.astore("hello", "hi", filters={"label": "a"})

    again = await open_cache(filterable_fields=[LABEL], distance_threshold=0.5, ttl=5)

    assert [hit["label"] for hit in await again.acheck("hello")] == ["a"]


async def test_two_that_make_the_same_cache_at_once_both_get_it(open_cache):
    caches = await asyncio.gather(*(open_cache() for _ in range(8)))

    await caches[0].astore("hello", "hi")
    assert await caches[-1].acheck("hello")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"filterable_fields": [LABEL]}, "its fields are none"),
        ({"vectorizer": vectorizer()}, "it has model"),
    ],
    ids=str,
)
async def test_existing_cache_is_refused_when_its_settings_are_others(open_cache, options, message):
    await open_cache()

    with pytest.raises(ValueError, match=message):
        await open_cache(**options)


async def test_cache_made_elsewhere_is_refused_until_overwritten(open_cache, target, name):
    async with nearhit.AsyncClient(target, cache=name) as client:
        await client.create_cache(name, model="tiny", strategies=[nearhit.Strategy.EXACT])

        with pytest.raises(ValueError, match=r"do not refresh.*does not search both"):
            await open_cache()
        await open_cache(overwrite=True)

        changed = await client.get_cache()
    assert (changed.model, changed.ttl_refresh_on_hit) == ("tiny", True)


async def test_overwrite_keeps_the_entries_under_new_fields(open_cache):
    old = await open_cache(distance_threshold=0.2)
    filters = {"label": "a", "price": 3, "title": "Software Engineer"}
    vector = [1.0] + [0.0] * 383
    await old.astore("hello", "hi", vector=vector, filters=filters, metadata={"a": 1}, ttl=1_000)
    await old.astore("good night", "sleep well")
    fields = [
        LABEL,
        {"name": "price", "type": "numeric"},
        {"name": "title", "type": "text", "attrs": {"weight": 2}},
    ]

    new = await open_cache(filterable_fields=fields, overwrite=True)

    every = (Tag("label") == "a") & (Num("price") > 2) & (Text("title") % "engineer")
    (hit,) = await new.acheck(vector=vector, filter_expression=every)
    assert (hit["response"], hit["metadata"], hit["vector_distance"]) == ("hi", {"a": 1}, 0)
    assert await new.acheck("good night")


async def test_overwrite_embeds_the_entries_anew_for_another_vectorizer(open_cache):
    old = await open_cache()
    await old.astore("abc", "1")

    of_caller = await open_cache(vectorizer=vectorizer(), overwrite=True)
    assert await of_caller.acheck("abc")

    of_server = await open_cache(overwrite=True)
    assert await of_server.acheck(" ABC")


async def test_overwrite_removes_nothing_when_a_value_is_no_number(open_cache):
    old = await open_cache()
    await old.astore("hello", "hi", filters={"price": "cheap"})

    with pytest.raises(ValueError, match=r"price.*declared numeric"):
        await open_cache(filterable_fields=[{"name": "price", "type": "numeric"}], overwrite=True)

    assert await old.acheck("hello")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ([{"name": name, "type": "tag"}], "reserved")
        for name in ("metadata", "prompt", "response", "entry_id", "key", "inserted_at")
    ]
    + [
        ([LABEL, LABEL], "twice"),
        ([{"name": "a", "type": "geo"}], "'geo'"),
        ([{"name": "a", "type": "vector"}], "'vector'"),
        ([{"name": "a b", "type": "tag"}], "attributes"),
        ([{"name": f"a{n}", "type": "tag"} for n in range(17)], "attributes"),
    ],
)
async def test_fields_are_refused_that_cannot_be(open_cache, fields, message):
    with pytest.raises(ValueError, match=message):
        await open_cache(filterable_fields=fields)


@pytest.mark.parametrize("value", ["vectorizer", 7, vectorizer, object()])
async def test_vectorizer_is_refused_that_is_none(open_cache, value):
    with pytest.raises(TypeError, match="vectorizer must have"):
        await open_cache(vectorizer=value)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("redis_url", "target="),
        ("redis_client", "target="),
        ("connection_kwargs", "api_key="),
        ("prefix", "unexpected argument 'prefix'"),
    ],
)
async def test_argument_is_refused_with_what_to_give_instead(open_cache, option, message):
    with pytest.raises(TypeError, match=message):
        await open_cache(**{option: "redis://localhost:6379"})


@pytest.mark.parametrize("threshold", [-0.1, 2.1])
async def test_threshold_is_refused_that_no_distance_is(open_cache, threshold):
    with pytest.raises(ValueError, match="distance_threshold"):
        await open_cache(distance_threshold=threshold)


async def test_server_out_of_reach_is_a_connection_error(down, name):
    with pytest.raises(ConnectionError):
        await asyncio.to_thread(SemanticCache, name, target=down)
    lazy = SemanticCache(name, target=down, create_index=False)
    with pytest.raises(ConnectionError):
        await asyncio.to_thread(lazy.check, "hello")
    with pytest.raises(ConnectionError):
        await lazy.acheck("hello")
    await lazy.adisconnect()


async def test_nothing_is_made_or_removed_when_the_cache_is_somebody_elses(open_cache, call):
    owner = await open_cache()
    guest = await open_cache(create_index=False)
    await call(guest, "store", "hello", "hi")
    assert await call(owner, "check", "hello")

    with pytest.raises(ValueError, match="does not manage"):
        await call(guest, "delete")
    with pytest.raises(ValueError, match="3 components"):
        await call(guest, "check", vector=[1.0, 2.0, 3.0])
    await call(guest, "clear")

    assert await call(owner, "check", "hello") == []


async def test_overwriting_what_is_taken_for_granted_is_refused(open_cache):
    with pytest.raises(ValueError, match="create_index"):
        await open_cache(create_index=False, overwrite=True)


async def test_names_that_are_no_cache_ids_are_caches_of_their_own(open_cache, name, call):
    caches = [await open_cache(other) for other in (name, name.upper(), f"{name}:é")]
    for cache in caches:
        await call(cache, "store", "hello", cache.name)

    for cache in caches:
        (hit,) = await call(cache, "check", "hello", num_results=10)
        assert (hit["response"], hit["key"]) == (cache.name, f"{cache.name}:{hit['entry_id']}")


async def test_cache_shows_no_secret(target, name):
    cache = SemanticCache(name, target=target, api_key="nh_1_secret", create_index=False)

    assert repr(cache) == f"SemanticCache(name={name!r}, distance_threshold=0.1, ttl=None)"
