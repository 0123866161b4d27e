"""Both clients against a server on a real port: deadlines, retries, cancellation, closing."""

import asyncio
import socket
from datetime import timedelta

import grpc
import pytest

import nearhit
from nearhit.v1 import cache_admin_pb2, embedding_cache_pb2, semantic_cache_pb2, types_pb2

MISS = semantic_cache_pb2.SearchResponse(miss=semantic_cache_pb2.Miss())
STORED = semantic_cache_pb2.StoreResponse(entry_id="e1", created=True)
CREATED = cache_admin_pb2.CreateCacheResponse(cache=cache_admin_pb2.Cache(cache_id="faq"))
DELETED = semantic_cache_pb2.DeleteResponse(deleted_count=1)
ENOUGH_SECONDS = 20.0
"""A bound on what should take no time."""


async def test_search_returns_miss_when_server_says_so(server, call):
    server.answers("Search", MISS)

    assert await call("search", "a prompt") == nearhit.Miss(None, None, "")


@pytest.mark.parametrize(
    ("method", "arguments", "rpc", "answer", "seconds"),
    [
        ("search", ("a",), "Search", MISS, 5),
        ("store", ("a", "b"), "Store", STORED, 5),
        ("search_many", (["a"],), "BatchSearch", None, 30),
        ("flush", (), "Flush", semantic_cache_pb2.FlushResponse(), 30),
        ("create_cache", ("faq",), "CreateCache", CREATED, 30),
    ],
)
async def test_call_has_default_deadline_when_no_timeout_given(
    server, call, method, arguments, rpc, answer, seconds
):
    results = [semantic_cache_pb2.BatchSearchResult(response=MISS)]
    server.answers(rpc, answer or semantic_cache_pb2.BatchSearchResponse(results=results))

    await call(method, *arguments)

    assert seconds - 4 < server.seen[0].seconds_left <= seconds + 0.1


async def test_call_has_clients_deadline_when_client_has_timeout(server, call):
    await call("close")
    call.connect(server.target, timeout=timedelta(seconds=12))
    server.answers("Search", MISS)
    server.answers("Flush", semantic_cache_pb2.FlushResponse())

    await call("search", "a")
    await call("flush")
    await call("search", "a", timeout=50)

    assert [round(seen.seconds_left, -1) for seen in server.seen] == [10, 30, 50]


@pytest.mark.parametrize("limit", [0.2, timedelta(milliseconds=200), 0, -1.0])
async def test_search_raises_deadline_exceeded_when_server_is_slow(server, call, limit):
    server.hangs("Search")

    with pytest.raises(nearhit.DeadlineExceededError) as failure:
        await call("search", "a", timeout=limit)

    assert isinstance(failure.value.__cause__, grpc.RpcError)
    assert server.attempts in ([], ["Search"])


@pytest.mark.parametrize(
    ("method", "arguments", "rpc", "answer"),
    [
        ("search", ("a",), "Search", MISS),
        ("store", ("a", "b" * 400_000), "Store", STORED),
        ("delete", (), "Delete", DELETED),
    ],
)
async def test_idempotent_call_is_repeated_when_server_is_unavailable(
    server, call, method, arguments, rpc, answer
):
    server.fails(rpc, grpc.StatusCode.UNAVAILABLE, times=2, then=answer)

    await call(method, *arguments, **({"entry_ids": ["e1"]} if method == "delete" else {}))

    assert server.attempts == [rpc] * 3


async def test_search_raises_unavailable_when_attempts_are_used_up(server, call):
    server.fails("Search", grpc.StatusCode.UNAVAILABLE, times=9, then=MISS)

    with pytest.raises(nearhit.UnavailableError, match="on purpose"):
        await call("search", "a")

    assert server.attempts == ["Search"] * 4


@pytest.mark.parametrize("code", [grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.INTERNAL])
async def test_search_is_not_repeated_when_status_is_another(server, call, code):
    server.fails("Search", code, times=1, then=MISS)

    with pytest.raises(nearhit.NearhitError) as failure:
        await call("search", "a")

    assert failure.value.status_code == code.name
    assert server.attempts == ["Search"]


@pytest.mark.parametrize("method", ["create_cache", "delete_cache"])
async def test_call_is_not_repeated_when_it_is_not_idempotent(server, call, method):
    rpc = {"create_cache": "CreateCache", "delete_cache": "DeleteCache"}[method]
    server.fails(rpc, grpc.StatusCode.UNAVAILABLE, times=1, then=CREATED)

    with pytest.raises(nearhit.UnavailableError):
        await call(method, "faq")

    assert server.attempts == [rpc]


async def test_api_key_and_metadata_travel_with_every_call(server, call):
    await call("close")
    call.connect(server.target, api_key="nh_1_secret", metadata=[("x-tenant", "a")])
    server.answers("Search", MISS)

    await call("search", "a")

    assert server.seen[0].metadata["authorization"] == "Bearer nh_1_secret"
    assert server.seen[0].metadata["x-tenant"] == "a"


async def test_list_entries_reads_all_pages(server, call):
    pages = [
        semantic_cache_pb2.ListEntriesResponse(
            entries=[types_pb2.Entry(entry_id=entry_id) for entry_id in ids],
            next_page_token=token,
        )
        for ids, token in (("ab", "2"), ("", "3"), ("c", ""))
    ]
    server.answers("ListEntries", *pages)

    entries = await call("list_entries", page_size=2)

    assert [entry.entry_id for entry in entries] == ["a", "b", "c"]
    requests = [semantic_cache_pb2.ListEntriesRequest.FromString(s.request) for s in server.seen]
    assert [request.page_token for request in requests] == ["", "2", "3"]
    assert {(request.cache, request.page_size) for request in requests} == {("faq", 2)}


async def test_list_caches_reads_all_pages(server, call):
    caches = [cache_admin_pb2.Cache(cache_id=name, entry_count=3) for name in "ab"]
    server.answers(
        "ListCaches",
        cache_admin_pb2.ListCachesResponse(caches=caches[:1], next_page_token="2"),
        cache_admin_pb2.ListCachesResponse(caches=caches[1:]),
    )

    listed = await call("list_caches")

    assert [(cache.cache_id, cache.entry_count) for cache in listed] == [("a", 3), ("b", 3)]


async def test_embed_tells_missing_from_found(server, call):
    found = embedding_cache_pb2.Embedding(vector=types_pb2.Vector(float32_le=b"\0\0\x80?"))
    missing = embedding_cache_pb2.EmbeddingResult.Missing()
    results = [
        embedding_cache_pb2.EmbeddingResult(key="k", embedding=found),
        embedding_cache_pb2.EmbeddingResult(missing=missing),
    ]
    server.answers("EmbeddingGet", embedding_cache_pb2.EmbeddingGetResponse(results=results))

    first, second = await call("embed", ["a", "b"], compute_if_missing=False)

    assert (list(first.vector), second) == ([1.0], None)


async def test_message_over_the_default_size_passes(server, call):
    server.answers("Store", STORED)

    assert (await call("store", "a", "b" * 5_000_000)).created


async def test_wait_until_ready_returns_when_server_listens(server, call):
    await call("wait_until_ready", timeout=ENOUGH_SECONDS)


async def test_wait_until_ready_raises_when_nobody_listens(call):
    await call("close")
    with socket.socket() as bound:  # Bound and not listening: nobody else gets the port.
        bound.bind(("127.0.0.1", 0))
        call.connect(f"127.0.0.1:{bound.getsockname()[1]}")

        with pytest.raises(nearhit.UnavailableError, match="no server"):
            await call("wait_until_ready", timeout=0.2)


async def test_call_raises_when_client_is_closed(server, call):
    await call("close")
    await call("close")

    with pytest.raises(RuntimeError, match="closed"):
        await call("search", "a")


async def test_call_under_way_fails_when_client_is_closed(server, call):
    server.hangs("Search")
    search = asyncio.create_task(call("search", "a"))
    await asyncio.wait_for(server.hanging.wait(), ENOUGH_SECONDS)

    await call("close")

    with pytest.raises(nearhit.NearhitError) as failure:
        await search
    assert failure.value.status_code == "CANCELLED"


async def test_server_sees_cancellation_when_task_is_cancelled(server):
    server.hangs("Search")
    async with nearhit.AsyncClient(server.target) as cache:
        search = asyncio.create_task(cache.search("a"))
        await asyncio.wait_for(server.hanging.wait(), ENOUGH_SECONDS)

        search.cancel()

        with pytest.raises(asyncio.CancelledError):
            await search
        await asyncio.wait_for(server.cancelled.wait(), ENOUGH_SECONDS)


async def test_given_channel_stays_open_when_client_is_closed(server):
    server.answers("Search", MISS)
    async with grpc.aio.insecure_channel(server.target) as channel:
        async with nearhit.AsyncClient(channel=channel) as cache:
            await cache.search("a")

        async with nearhit.AsyncClient(channel=channel) as again:
            assert isinstance(await again.search("a"), nearhit.Miss)


async def test_async_client_works_when_made_outside_of_a_loop(server):
    server.answers("Search", MISS)
    client = await asyncio.to_thread(nearhit.AsyncClient, server.target)

    async with client as cache:
        assert isinstance(await cache.search("a"), nearhit.Miss)
