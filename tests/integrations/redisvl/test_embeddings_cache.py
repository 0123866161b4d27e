"""EmbeddingsCache: rows by content and by key, in both forms."""

import re

import numpy as np
import pytest

import nearhit
from nearhit.integrations.redisvl import EmbeddingsCache

MODEL = "text-embedding-3-small"
VECTOR = [0.5, -0.25, 1.0]

CONTENTS = ["hello", " ", "a\0b", "é🎉", "x" * 9_000, b"hello", b"\x00\xff", b"", "aGVsbG8=", ""]


async def test_get_returns_what_was_set(embeddings, call):
    key = await call(embeddings, "set", "hello", MODEL, VECTOR, {"a": 1})

    hit = await call(embeddings, "get", "hello", MODEL)

    digest = key.removeprefix(f"{embeddings.name}:")
    assert re.fullmatch("[0-9a-f]{64}", digest)
    assert hit.pop("inserted_at") > 1e9
    assert hit == {
        "entry_id": digest,
        "content": "hello",
        "text": "hello",
        "model_name": MODEL,
        "embedding": VECTOR,
        "metadata": {"a": 1},
    }
    assert isinstance(hit["embedding"], list)
    assert (await call(embeddings, "get_by_key", key))["content"] == "hello"


async def test_metadata_are_absent_when_never_stored(embeddings, call):
    await call(embeddings, "set", "hello", MODEL, VECTOR)
    await call(embeddings, "set", b"hello", MODEL, VECTOR)
    await call(embeddings, "set", b"empty", MODEL, VECTOR, {})

    assert "metadata" not in await call(embeddings, "get", "hello", MODEL)
    assert "metadata" not in await call(embeddings, "get", b"hello", MODEL)
    assert (await call(embeddings, "get", b"empty", MODEL))["metadata"] == {}


@pytest.mark.parametrize("content", CONTENTS, ids=lambda content: repr(content[:9]))
async def test_content_comes_back_as_it_was(embeddings, call, content):
    key = await call(embeddings, "set", content, MODEL, VECTOR, {"a": 1})

    for hit in (
        await call(embeddings, "get", content, MODEL),
        await call(embeddings, "get_by_key", key),
    ):
        assert (hit["content"], hit["metadata"]) == (content, {"a": 1})
        assert ("text" in hit) == isinstance(content, str)


async def test_content_too_large_to_keep_is_known_to_who_asks_by_it(embeddings, call):
    image = bytes(range(256)) * 1_000
    key = await call(embeddings, "set", image, MODEL, VECTOR, {"a": 1})

    assert (await call(embeddings, "get", image, MODEL))["content"] == image
    hit = await call(embeddings, "get_by_key", key)
    assert ("content" in hit, hit["metadata"], hit["embedding"]) == (False, {"a": 1}, VECTOR)


async def test_different_content_never_shares_a_key(embeddings, call):
    items = [
        {"content": content, "model_name": model, "embedding": VECTOR}
        for content in [*CONTENTS, "a:b", "a", '["a","b"]']
        for model in ("m", "b:m", "a:b:m", '","')
    ]

    keys = await call(embeddings, "mset", items)

    assert len(set(keys)) == len(items)


async def test_text_is_found_by_every_client_of_the_server(embeddings, target, name):
    await embeddings.aset("hello", MODEL, VECTOR)

    async with nearhit.AsyncClient(target) as client:
        (row,) = await client.get_embeddings(["hello"], model=MODEL, namespace=name)
        await client.set_embeddings(
            [nearhit.NewEmbedding(text="theirs", vector=VECTOR)], model=MODEL, namespace=name
        )

    assert list(row.vector) == VECTOR
    assert (await embeddings.aget("theirs", MODEL))["content"] == "theirs"


async def test_older_names_of_arguments_are_understood(embeddings, call):
    await call(embeddings, "set", text="hello", model_name=MODEL, embedding=VECTOR)
    await call(embeddings, "mset", [{"text": "you", "model_name": MODEL, "embedding": VECTOR}])

    assert (await call(embeddings, "get", text="hello", model_name=MODEL))["text"] == "hello"
    assert await call(embeddings, "exists", text="hello", model_name=MODEL)
    assert await call(embeddings, "mexists", texts=["you", "me"], model_name=MODEL) == [True, False]
    found = await call(embeddings, "mget", texts=["you", "me"], model_name=MODEL)
    assert [hit and hit["content"] for hit in found] == ["you", None]
    await call(embeddings, "drop", text="hello", model_name=MODEL)
    await call(embeddings, "mdrop", texts=["you"], model_name=MODEL)
    assert await call(embeddings, "mexists", ["hello", "you"], MODEL) == [False, False]


async def test_batches_keep_the_order_asked(embeddings, call):
    items = [
        {"content": f"text {n}", "model_name": f"model {n % 2}", "embedding": [float(n + 1)]}
        for n in range(6)
    ]
    keys = await call(embeddings, "mset", iter(items))

    by_key = await call(embeddings, "mget_by_keys", [keys[4], "nonsense", keys[1], keys[1]])
    by_content = await call(embeddings, "mget", iter(["text 2", "nothing", "text 0"]), "model 0")

    assert [hit and hit["embedding"] for hit in by_key] == [[5.0], None, [2.0], [2.0]]
    assert [hit and hit["embedding"] for hit in by_content] == [[3.0], None, [1.0]]
    there = await call(embeddings, "mexists_by_keys", ["nonsense", *keys[:2]])
    assert [answer is True for answer in there] == [False, True, True]
    assert all(isinstance(answer, bool) for answer in there)


async def test_batches_may_be_large(embeddings, call):
    items = [
        {"content": f"text {n}", "model_name": MODEL, "embedding": [1.0, float(n)]}
        for n in range(1_500)
    ]
    keys = await call(embeddings, "mset", items)

    hits = await call(embeddings, "mget_by_keys", keys)

    assert [hit["embedding"][1] for hit in hits] == [float(n) for n in range(1_500)]
    await call(embeddings, "mdrop_by_keys", keys[1:])
    assert (await call(embeddings, "mexists_by_keys", keys)).count(True) == 1


async def test_empty_lists_give_empty_lists(embeddings, call):
    for method in ("mget_by_keys", "mexists_by_keys", "mset"):
        assert await call(embeddings, method, []) == []
    for method in ("mget", "mexists"):
        assert await call(embeddings, method, [], MODEL) == []
    await call(embeddings, "mdrop", [], MODEL)
    await call(embeddings, "mdrop_by_keys", [])


async def test_set_again_leaves_nothing_of_the_old_row(embeddings, call):
    await call(embeddings, "set", "hello", MODEL, VECTOR, {"a": 1}, ttl=1)
    await call(embeddings, "set", "hello", MODEL, np.array([7.0], np.float32))

    hit = await call(embeddings, "get", "hello", MODEL)

    assert (hit["embedding"], "metadata" in hit) == ([7.0], False)


async def test_drop_removes_by_content_and_by_key(embeddings, call):
    keys = [await call(embeddings, "set", text, MODEL, VECTOR) for text in "abc"]

    await call(embeddings, "drop", "a", MODEL)
    await call(embeddings, "drop_by_key", keys[1])

    assert await call(embeddings, "exists", "a", MODEL) is False
    assert await call(embeddings, "exists_by_key", keys[1]) is False
    assert await call(embeddings, "exists_by_key", keys[2]) is True


async def test_key_of_another_cache_is_not_there(embeddings, target, name, call):
    async with EmbeddingsCache(f"{name}:a", target=target) as other:
        key = await call(other, "set", "hello", MODEL, VECTOR)

        for stranger in (key, "nonexistent:key", "", key.partition(":")[2]):
            assert await call(embeddings, "get_by_key", stranger) is None
            assert await call(embeddings, "exists_by_key", stranger) is False
            await call(embeddings, "drop_by_key", stranger)
            await call(embeddings, "expire", stranger, 1)

        assert await call(other, "exists", "hello", MODEL)


@pytest.mark.parametrize("others", ["{}a", "{}[ab]", "{}:", "{}*"])
async def test_clear_empties_this_cache_alone(embeddings, target, name, call, others):
    async with EmbeddingsCache(others.format(name), target=target) as other:
        for cache in (embeddings, other):
            await call(cache, "set", "hello", MODEL, VECTOR)

        await call(embeddings, "clear")

        assert not await call(embeddings, "exists", "hello", MODEL)
        assert await call(other, "exists", "hello", MODEL)


@pytest.mark.parametrize(
    ("item", "error"),
    [
        ({"colour": "red"}, TypeError),
        ({"content": None}, TypeError),
        ({"content": 7}, TypeError),
        ({"text": "both"}, TypeError),
        ({"model_name": ""}, TypeError),
        ({"embedding": None}, TypeError),
        ({"embedding": []}, ValueError),
        ({"embedding": "abc"}, TypeError),
        ({"embedding": [float("nan")]}, ValueError),
        ({"metadata": [1]}, ValueError),
        ({"metadata": {"a": {1}}}, TypeError),
    ],
    ids=str,
)
async def test_set_refuses_what_makes_no_sense(embeddings, call, item, error):
    item = {"content": "hello", "model_name": MODEL, "embedding": VECTOR, **item}

    with pytest.raises(error):
        await call(embeddings, "mset", [item])

    assert not await call(embeddings, "exists", "hello", MODEL)


async def test_unknown_members_of_an_item_are_named(embeddings, call):
    item = {"content": "hello", "model_name": MODEL, "embedding": VECTOR, "ttl": 5, "colour": 1}

    with pytest.raises(TypeError, match=r"^an item has content, .* not 'colour', 'ttl'$"):
        await call(embeddings, "mset", [item])


@pytest.mark.parametrize("arguments", [(), ("hello",), (None, MODEL), (7, MODEL)])
async def test_get_refuses_what_names_no_row(embeddings, call, arguments):
    with pytest.raises(TypeError):
        await call(embeddings, "get", *arguments)


async def test_one_string_is_not_several_contents(embeddings, call):
    with pytest.raises(TypeError):
        await call(embeddings, "mget", "hello", MODEL)


def test_object_is_made_without_a_server():
    cache = EmbeddingsCache()

    assert (cache.name, cache.ttl) == ("embedcache", None)
    assert repr(cache) == "EmbeddingsCache(name='embedcache', ttl=None)"
    with pytest.raises(TypeError, match="target="):
        EmbeddingsCache(async_redis_client=object())
    with pytest.raises(TypeError, match="ttl"):
        EmbeddingsCache(ttl=1.5)
    with pytest.raises(ValueError, match="ttl"):
        cache.set_ttl(1.5)
