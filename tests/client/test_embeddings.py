"""Embeddings in namespaces through both clients, against a server that answers as told."""

from datetime import UTC, datetime, timedelta

import grpc
import numpy as np
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

import nearhit
from nearhit import NewEmbedding, embedding_key
from nearhit.messages.requests import MAX_BATCH_BYTES
from nearhit.operations import Operations
from nearhit.v1 import embedding_cache_pb2 as pb
from nearhit.v1 import types_pb2
from nearhit_server.core.embedding import keys

FAQ = Operations("faq")
ONE = types_pb2.Vector(float32_le=b"\0\0\x80?")
PLACE = {"model": "m", "namespace": "mine"}
MISSING = pb.EmbeddingResult(missing=pb.EmbeddingResult.Missing())


def requests_of(server, kind):
    return [kind.FromString(seen.request) for seen in server.seen]


async def test_get_embeddings_tells_all_that_is_known(server, call):
    full = pb.Embedding(
        vector=ONE,
        cached=True,
        model="m",
        text="",
        metadata_json='{"a":1}',
        create_time=Timestamp(seconds=1),
        expire_time=Timestamp(seconds=2),
    )
    bare = pb.Embedding(vector=ONE, model="m")
    results = [
        pb.EmbeddingResult(key="k1", embedding=full),
        pb.EmbeddingResult(key="k2", embedding=bare),
        MISSING,
    ]
    server.answers("EmbeddingGet", pb.EmbeddingGetResponse(results=results))

    first, second, third = await call("get_embeddings", ["a", "b", "c"], refresh_ttl=True, **PLACE)

    assert requests_of(server, pb.EmbeddingGetRequest) == [
        pb.EmbeddingGetRequest(texts=["a", "b", "c"], refresh_ttl=True, **PLACE)
    ]
    assert (first.key, first.text, first.metadata, first.cached) == ("k1", "", {"a": 1}, True)
    assert first.created_at == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
    assert first.expires_at == datetime(1970, 1, 1, 0, 0, 2, tzinfo=UTC)
    assert (second.text, second.metadata, second.created_at, second.expires_at) == (None,) * 4
    assert list(second.vector) == [1]
    assert third is None


async def test_set_embeddings_sends_what_is_given(server, call):
    server.answers("EmbeddingSet", pb.EmbeddingSetResponse(keys=["k1", "k2"]))
    rows = [
        NewEmbedding(text="", vector=np.ones(1), metadata={}, ttl=timedelta(seconds=3)),
        NewEmbedding(key="k2", vector=[1]),
    ]

    assert await call("set_embeddings", iter(rows), **PLACE) == ["k1", "k2"]

    items = [
        {"text": "", "vector": ONE, "metadata_json": "{}", "ttl": Duration(seconds=3)},
        {"key": "k2", "vector": ONE},
    ]
    assert requests_of(server, pb.EmbeddingSetRequest) == [
        pb.EmbeddingSetRequest(items=items, **PLACE)
    ]


async def test_rows_too_large_for_one_call_travel_in_several(server, call):
    server.answers("EmbeddingSet", pb.EmbeddingSetResponse(keys=["k"]))
    text = "x" * (MAX_BATCH_BYTES // 2 + 1)
    rows = [NewEmbedding(text=text, vector=[1]) for _ in range(2)]

    assert await call("set_embeddings", rows, **PLACE) == ["k", "k"]

    assert server.attempts == ["EmbeddingSet"] * 2


async def test_deletions_of_several_calls_add_up(server, call):
    server.answers("EmbeddingDelete", pb.EmbeddingDeleteResponse(deleted_count=7))
    names = ["0" * 64] * 2_001

    assert await call("delete_embeddings", keys=names, namespace="mine") == 21

    requests = requests_of(server, pb.EmbeddingDeleteRequest)
    assert [len(request.keys) for request in requests] == [1_000, 1_000, 1]


async def test_exists_and_flush_say_what_the_server_says(server, call):
    server.answers("EmbeddingExists", pb.EmbeddingExistsResponse(exists=[True, False]))
    server.answers("EmbeddingFlush", pb.EmbeddingFlushResponse(deleted_count=3))

    exists = await call("embeddings_exist", ["a", "b"], **PLACE)

    assert exists == [True, False]
    assert await call("flush_embeddings", "mine") == 3


async def test_nothing_is_sent_when_there_is_nothing_to_ask(server, call):
    for method in ("get_embeddings", "embeddings_exist", "set_embeddings"):
        assert await call(method, [], **PLACE) == []
    assert await call("delete_embeddings", keys=[], namespace="mine") == 0
    assert server.seen == []


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("get_embeddings", pb.EmbeddingGetResponse(results=[MISSING])),
        ("embeddings_exist", pb.EmbeddingExistsResponse(exists=[True])),
        ("set_embeddings", pb.EmbeddingSetResponse(keys=["k"])),
    ],
)
async def test_answer_with_too_few_results_is_an_error(server, call, method, answer):
    rpc = type(answer).__name__.removesuffix("Response")
    server.answers(rpc, answer)
    asked = ["a", "b"]
    if method == "set_embeddings":
        asked = [NewEmbedding(text=text, vector=[1]) for text in asked]

    with pytest.raises(nearhit.InternalError, match="2 results were asked for and 1 came"):
        await call(method, asked, **PLACE)


async def test_calls_are_repeated_when_server_is_unavailable(server, call):
    answers = {
        "EmbeddingDelete": pb.EmbeddingDeleteResponse(),
        "EmbeddingFlush": pb.EmbeddingFlushResponse(),
    }
    for rpc, answer in answers.items():
        server.fails(rpc, grpc.StatusCode.UNAVAILABLE, times=1, then=answer)

    await call("delete_embeddings", ["a"], **PLACE)
    await call("flush_embeddings", "mine")

    assert server.attempts == ["EmbeddingDelete"] * 2 + ["EmbeddingFlush"] * 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "give texts or keys"),
        ({"texts": ["a"], "keys": ["b"]}, "give texts or keys"),
        ({"texts": "a text"}, "texts must be several strings"),
        ({"keys": "a key"}, "keys must be several strings"),
        ({"texts": [b"bytes"]}, "each of texts must be a string"),
        ({"texts": ["a"], "model": None}, "model must be a string"),
        ({"texts": ["a"], "namespace": 5}, "namespace must be a string"),
    ],
)
@pytest.mark.parametrize("method", ["get_embeddings", "embeddings_exist", "delete_embeddings"])
def test_names_of_the_wrong_type_are_refused_in_plain_words(method, arguments, message):
    with pytest.raises(TypeError, match=message):
        list(getattr(FAQ, method)(**{"namespace": "mine", **arguments}))


@pytest.mark.parametrize(
    ("row", "error", "message"),
    [
        (("a", [1]), TypeError, "must be a NewEmbedding, not tuple"),
        (NewEmbedding(vector=[1]), TypeError, "has a text or a key"),
        (NewEmbedding(text="a", key="b", vector=[1]), TypeError, "has a text or a key"),
        (NewEmbedding(text=b"a", vector=[1]), TypeError, "text must be a string"),
        (NewEmbedding(text="a", vector="1"), TypeError, "a vector is a sequence"),
        (NewEmbedding(text="a", vector=np.ones((1, 2))), ValueError, "one dimension"),
        (NewEmbedding(text="a", vector=[1], ttl=5), TypeError, "ttl must be a timedelta"),
        (NewEmbedding(text="a", vector=[1], metadata=[]), TypeError, "metadata must be a mapping"),
        (NewEmbedding(text="a", vector=[1], metadata={"a": {1}}), TypeError, "must be JSON"),
    ],
)
def test_rows_that_cannot_be_sent_are_refused_in_plain_words(row, error, message):
    with pytest.raises(error, match=message):
        list(FAQ.set_embeddings([row], **PLACE))


@given(model=st.text(), text=st.text())
def test_key_is_the_one_that_the_server_computes(model, text):
    assert embedding_key(model, text) == keys.embedding_key(model, text)


def test_key_is_as_the_contract_says():
    # As `printf '%s' '["m","ü \"q\"\n"]' | sha256sum` prints it.
    assert embedding_key("m", 'ü "q"\n') == (
        "cd388e371797ef2d0cc2d3e3622a943afcad5086c9d9dea1a7a1bc64eebe67a4"
    )
