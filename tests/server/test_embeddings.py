"""What the server's own models compute, over real gRPC."""

import hashlib
import math

import grpc
import pytest

import nearhit
from nearhit.v1 import embedding_cache_pb2 as pb
from nearhit.v1.embedding_cache_pb2_grpc import EmbeddingCacheServiceStub


@pytest.fixture(scope="module")
async def stub(server_address):
    async with grpc.aio.insecure_channel(server_address) as channel:
        yield EmbeddingCacheServiceStub(channel)


async def test_embedding_get_computes_once_and_remembers(client):
    texts = ["embeddings: one", "embeddings: two"]
    assert await client.embed(texts, compute_if_missing=False) == [None, None]
    computed = await client.embed(texts)
    remembered = await client.embed([texts[1], texts[0]], compute_if_missing=False)
    assert [embedding.cached for embedding in computed] == [False, False]
    assert [embedding.cached for embedding in remembered] == [True, True]
    assert remembered[0].vector == computed[1].vector
    assert math.hypot(*computed[0].vector) == pytest.approx(1, abs=1e-6)


async def test_embedding_get_finds_what_a_search_has_computed(client):
    await client.search("embeddings: a prompt that was searched for")
    (embedding,) = await client.embed(
        ["embeddings: a prompt that was searched for"], compute_if_missing=False
    )
    assert embedding.cached


async def test_embedding_get_keeps_order_and_repetitions(client):
    texts = ["embeddings: a", "embeddings: b", "embeddings: a"]
    first, second, third = await client.embed(texts)
    assert first.vector == third.vector != second.vector


async def test_embedding_get_uses_the_model_asked_for(client):
    (default,), (tiny,) = [await client.embed(["reset"], model=m) for m in ("", "tiny")]
    assert (len(default.vector), len(tiny.vector)) == (384, 16)
    assert (default.model, tiny.model) == ("all-MiniLM-L6-v2", "tiny")


async def test_embedding_get_says_when_a_text_was_cut(client):
    short, long = await client.embed(["embeddings: short", "word " * 400])
    assert (short.truncated, long.truncated) == (False, True)


async def test_embedding_get_by_key_finds_what_was_computed_by_text(stub):
    text = 'embeddings: "quoted" ü'
    key = hashlib.sha256('["all-MiniLM-L6-v2","embeddings: \\"quoted\\" ü"]'.encode()).hexdigest()
    by_text = await stub.EmbeddingGet(pb.EmbeddingGetRequest(texts=[text], compute_if_missing=True))
    assert by_text.results[0].key == key
    by_key = await stub.EmbeddingGet(pb.EmbeddingGetRequest(keys=[key, "0" * 64]))
    kinds = [result.WhichOneof("outcome") for result in by_key.results]
    assert kinds == ["embedding", "missing"]
    assert by_key.results[0].embedding.vector == by_text.results[0].embedding.vector


async def test_embedding_get_in_a_namespace_computes_but_does_not_store_there(client):
    (computed,) = await client.embed(["embeddings: ns"], model="tiny", namespace="mine")
    assert computed is not None
    (missing,) = await client.embed(
        ["embeddings: ns"], model="tiny", namespace="mine", compute_if_missing=False
    )
    assert missing is None


async def test_embeddings_exist_tells_what_was_computed(client):
    await client.embed(["embeddings: there"], model="tiny")
    asked = ["embeddings: there", "embeddings: not there", "embeddings: there"]
    assert await client.embeddings_exist(asked, model="tiny") == [True, False, True]
    assert await client.embeddings_exist(asked) == [False] * 3
    there = nearhit.embedding_key("tiny", asked[0])
    assert await client.embeddings_exist(keys=[there, "0" * 64], model="tiny") == [True, False]


async def test_embedding_get_of_an_unknown_model_says_so(client):
    with pytest.raises(nearhit.FailedPreconditionError) as refused:
        await client.embed(["a"], model="no-such-model")
    assert refused.value.reason == "MODEL_UNAVAILABLE"
    with pytest.raises(nearhit.FailedPreconditionError):
        await client.embeddings_exist(["a"], model="no-such-model")
