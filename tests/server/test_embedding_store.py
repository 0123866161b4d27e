"""The server's own vectors with `embedding_cache = store`, and without."""

from contextlib import asynccontextmanager

import pytest

import nearhit
from nearhit_server.app import open_application
from nearhit_server.settings import Settings


@pytest.fixture(params=["embedded", "redis"])
def serve(request, tmp_path, tiny_model, cache_id):
    """Opens a client of a new server on the same store."""
    store = "embedded"
    if request.param == "redis":
        store = request.getfixturevalue("tiny_servers_redis").url

    @asynccontextmanager
    async def open_(embedding_cache):
        settings = Settings(
            grpc="127.0.0.1:0",
            http="off",
            store=store,
            data_dir=tmp_path,
            model=str(tiny_model),
            device="cpu",
            embedding_cache=embedding_cache,
        )
        async with (
            open_application(settings) as servers,
            nearhit.AsyncClient(servers.grpc.address, cache=cache_id) as client,
        ):
            yield client

    return open_


async def test_server_finds_what_another_has_computed(serve, cache_id):
    # All of it words that the model knows: what it does not read whole is not kept.
    texts = ["how do i reset my password", "what is my password", "the capital of france"]
    async with serve("store") as client:
        await client.create_cache(cache_id)
        await client.search(texts[0])
        await client.store(texts[1], "r")
        (computed,) = await client.embed([texts[2]])
    async with serve("store") as client:
        asked = [*texts, "is france first ?"]
        assert await client.embeddings_exist(asked) == [True, True, True, False]
        *found, missing = await client.get_embeddings(asked)
        assert all(embedding.cached for embedding in found)
        assert missing is None
        assert found[2].vector == computed.vector
        assert (await client.embed([texts[0]]))[0].cached


async def test_vectors_in_memory_go_with_their_server(serve):
    text = "the second password"
    async with serve("memory") as client:
        await client.embed([text])
        assert await client.embeddings_exist([text]) == [True]
    async with serve("store") as client:
        assert await client.embeddings_exist([text]) == [False]


async def test_flush_of_a_namespace_leaves_the_servers_own_vectors(serve):
    text = "the first password"
    async with serve("store") as client:
        (own,) = await client.embed([text])
        for namespace in ("mine", "0", "emb"):
            row = nearhit.NewEmbedding(text=text, vector=[1])
            await client.set_embeddings([row], model=own.model, namespace=namespace)
            assert await client.flush_embeddings(namespace) == 1
    async with serve("store") as client:
        (found,) = await client.get_embeddings([text])
    assert found.vector == own.vector
