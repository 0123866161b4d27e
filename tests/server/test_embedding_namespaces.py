"""Vectors that clients share in namespaces, over real gRPC."""

import asyncio
import math
from array import array
from datetime import UTC, datetime, timedelta

import grpc
import numpy as np
import pytest

import nearhit
from nearhit import NewEmbedding, embedding_key
from nearhit.v1 import embedding_cache_pb2 as pb
from nearhit.v1.embedding_cache_pb2_grpc import EmbeddingCacheServiceStub
from polling import until

MODEL = "my model/ü"
ODD = array("f", [-0.0, 1e-45, 3.4e38, 0.1])


@pytest.fixture
def mine(cache_id):
    """A namespace, and a model in it, that no other test uses."""
    return {"namespace": cache_id, "model": MODEL}


@pytest.fixture
async def stub(server_address):
    async with grpc.aio.insecure_channel(server_address) as channel:
        yield EmbeddingCacheServiceStub(channel)


def of(*texts, vector=(1.0,), **fields):
    return [NewEmbedding(text=text, vector=vector, **fields) for text in texts]


def texts_of(found):
    return [None if embedding is None else embedding.text for embedding in found]


async def test_row_comes_back_as_it_was_set(client, mine):
    metadata = {"n": 2**60, "nested": {"ü": [None, 1.5]}}
    before = datetime.now(UTC)
    new = NewEmbedding(
        text=' "quoted" ü 🦊\n', vector=ODD, metadata=metadata, ttl=timedelta(hours=1)
    )
    (key,) = await client.set_embeddings([new], **mine)
    assert key == embedding_key(MODEL, new.text)
    (found,) = await client.get_embeddings([new.text], **mine)
    assert found.vector.tobytes() == ODD.tobytes()
    assert (found.key, found.text, found.metadata) == (key, new.text, metadata)
    assert (found.model, found.cached, found.truncated) == (MODEL, True, False)
    assert before <= found.created_at <= datetime.now(UTC)
    assert found.expires_at == found.created_at + timedelta(hours=1)


async def test_both_encodings_of_a_vector_are_kept_alike(client, stub, mine):
    row = {"text": "t", "vector": {"floats": {"values": ODD}}, "metadata_json": '{ "as": 1.0 }'}
    await stub.EmbeddingSet(pb.EmbeddingSetRequest(items=[row], **mine))
    response = await stub.EmbeddingGet(pb.EmbeddingGetRequest(texts=["t"], **mine))
    (found,) = (result.embedding for result in response.results)
    assert found.vector.float32_le == ODD.tobytes()
    assert found.metadata_json == '{ "as": 1.0 }'
    assert not found.HasField("expire_time")


async def test_row_set_by_key_is_found_by_key_without_a_model(client, mine):
    by_text = embedding_key(MODEL, "text")
    keys = await client.set_embeddings(
        [NewEmbedding(key="ab" * 32, vector=[1, 2]), NewEmbedding(key=by_text, vector=[3])],
        **mine,
    )
    assert keys == ["ab" * 32, by_text]
    found = await client.get_embeddings(keys=keys, namespace=mine["namespace"])
    assert [list(f.vector) for f in found] == [[1, 2], [3]]
    assert [(f.model, f.text) for f in found] == [(MODEL, None)] * 2
    assert await client.embeddings_exist(["text", "other"], **mine) == [True, False]
    assert await client.delete_embeddings(keys=keys, namespace=mine["namespace"]) == 2


async def test_results_keep_order_and_repetitions(client, mine):
    await client.set_embeddings(of("a", "b"), **mine)
    asked = ["b", "x", "a", "b"]
    found = await client.get_embeddings(asked, **mine)
    assert texts_of(found) == ["b", None, "a", "b"]
    assert await client.embeddings_exist(asked, **mine) == [True, False, True, True]
    assert await client.delete_embeddings(["b", "x", "b"], **mine) == 1
    assert texts_of(await client.get_embeddings(asked, **mine)) == [None, None, "a", None]


async def test_last_row_of_one_key_stays(client, mine):
    rows = [*of("a", vector=[1], ttl=timedelta(hours=1), metadata={}), *of("a", vector=[2])]
    keys = await client.set_embeddings(rows, **mine)
    assert keys[0] == keys[1]
    (found,) = await client.get_embeddings(["a"], **mine)
    assert (list(found.vector), found.metadata, found.expires_at) == ([2], None, None)


async def test_models_and_namespaces_do_not_answer_for_each_other(client, mine):
    other = mine | {"model": "other"}
    elsewhere = mine | {"namespace": f"{mine['namespace']}-2"}
    await client.set_embeddings(of("a", vector=[1]), **mine)
    await client.set_embeddings(of("a", vector=[2]), **other)
    assert await client.get_embeddings(["a"], **elsewhere) == [None]
    (first,), (second,) = [await client.get_embeddings(["a"], **p) for p in (mine, other)]
    assert (list(first.vector), list(second.vector)) == ([1], [2])
    assert await client.delete_embeddings(["a"], **other) == 1
    assert await client.embeddings_exist(["a"], **mine) == [True]


async def test_rows_of_clients_are_not_searched_with(client, mine):
    (own,) = await client.embed(["a prompt"], model="tiny")
    await client.set_embeddings(of("a prompt", vector=[9] * 16), **mine | {"model": "tiny"})
    assert (await client.embed(["a prompt"], model="tiny"))[0].vector == own.vector
    (theirs,) = await client.embed(["a prompt"], **mine | {"model": "tiny"})
    assert list(theirs.vector) == [9] * 16


async def test_missing_vectors_are_computed_but_not_kept_in_the_namespace(client, mine):
    place = mine | {"model": "tiny"}
    await client.set_embeddings(of("kept", vector=[1]), **place)
    # Nobody learns here what the server knew from others.
    await client.embed(["computed"], model="tiny")
    kept, computed = await client.embed(["kept", "computed"], **place)
    assert (list(kept.vector), kept.cached) == ([1], True)
    assert (len(computed.vector), computed.cached, computed.text) == (16, False, None)
    assert texts_of(await client.get_embeddings(["kept", "computed"], **place)) == ["kept", None]


async def test_computing_needs_a_model_of_the_server(client, mine):
    await client.set_embeddings(of("kept"), **mine)
    assert len(await client.embed(["kept"], **mine)) == 1
    with pytest.raises(nearhit.FailedPreconditionError):
        await client.embed(["kept", "missing"], **mine)


async def test_row_expires(client, mine):
    await client.set_embeddings(of("short", ttl=timedelta(milliseconds=50)), **mine)
    await client.set_embeddings(of("long"), **mine)

    async def is_gone():
        return await client.embeddings_exist(["short"], **mine) == [False]

    await until(is_gone)
    assert texts_of(await client.get_embeddings(["short", "long"], **mine)) == [None, "long"]
    assert await client.flush_embeddings(mine["namespace"]) == 1


async def test_refresh_moves_the_expiry_of_what_is_found(client, mine):
    hour = timedelta(hours=1)
    await client.set_embeddings([*of("a", "b", ttl=hour), *of("c")], **mine)
    before = await client.get_embeddings(["a", "b", "c"], **mine)
    refreshed = await client.get_embeddings(["a", "c", "x"], refresh_ttl=True, **mine)
    after = await client.get_embeddings(["a", "b", "c"], **mine)
    assert after[0].expires_at == refreshed[0].expires_at > before[0].expires_at
    assert after[0].created_at == before[0].created_at
    assert after[1:] == before[1:]
    assert (refreshed[1].expires_at, refreshed[2]) == (None, None)


async def test_flush_empties_one_namespace(client, mine):
    elsewhere = mine | {"namespace": f"{mine['namespace']}-2"}
    for place in (mine, elsewhere):
        await client.set_embeddings(of("a", "b"), **place)
    assert await client.flush_embeddings(mine["namespace"]) == 2
    assert await client.embeddings_exist(["a", "b"], **mine) == [False] * 2
    assert await client.embeddings_exist(["a", "b"], **elsewhere) == [True] * 2
    assert await client.flush_embeddings(mine["namespace"]) == 0


async def test_more_than_a_call_can_carry_travels_in_several(client, mine):
    texts = [f"{n}" for n in range(2_500)]
    vector = np.arange(1, 9, dtype=np.float32)
    keys = await client.set_embeddings(of(*texts, vector=vector), **mine)
    assert keys == [embedding_key(MODEL, text) for text in texts]
    found = await client.get_embeddings(keys=keys, namespace=mine["namespace"])
    assert texts_of(found) == texts
    assert await client.embeddings_exist([*texts, "x"], **mine) == [True] * 2_500 + [False]
    assert await client.delete_embeddings([*texts[:1_500], "x"], **mine) == 1_500
    assert await client.flush_embeddings(mine["namespace"]) == 1_000


async def test_item_that_is_refused_keeps_the_others_out(client, mine):
    with pytest.raises(nearhit.InvalidArgumentError) as refused:
        await client.set_embeddings([*of("a"), *of("b", vector=[math.nan])], **mine)
    assert [v.field for v in refused.value.field_violations] == ["items[1].vector"]
    assert await client.embeddings_exist(["a"], **mine) == [False]


async def test_vector_without_a_direction_is_kept_as_it_is(client, mine):
    await client.set_embeddings(of("a", vector=[0.0, -0.0]), **mine)
    (found,) = await client.get_embeddings(["a"], **mine)
    assert np.signbit(found.vector).tolist() == [False, True]


async def test_largest_vectors_and_metadata_are_taken(client, mine):
    metadata = {"content": "x" * 65_000}
    rows = of("a", "b", vector=np.ones(4_096), metadata=metadata)
    await client.set_embeddings(rows, **mine)
    (found,) = await client.get_embeddings(["b"], **mine)
    assert (len(found.vector), found.metadata) == (4_096, metadata)


async def test_calls_at_once_do_not_mix_up_their_rows(client, mine):
    async def round_trip(n):
        await client.set_embeddings(of(f"{n}", vector=[n + 1]), **mine)
        (found,) = await client.get_embeddings([f"{n}"], refresh_ttl=True, **mine)
        return found.vector[0]

    assert await asyncio.gather(*map(round_trip, range(100))) == list(range(1, 101))
