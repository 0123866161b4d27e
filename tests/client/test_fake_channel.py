"""The blocking client over grpcio-testing's fake channel: requests, metadata, status mapping."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import grpc_testing
import pytest
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2, status_pb2

import nearhit
from nearhit.v1 import (
    cache_admin_pb2,
    embedding_cache_pb2,
    key_admin_pb2,
    semantic_cache_pb2,
    types_pb2,
)

SERVICES = {
    service.name: service
    for file in (semantic_cache_pb2, embedding_cache_pb2, cache_admin_pb2, key_admin_pb2)
    for service in file.DESCRIPTOR.services_by_name.values()
}
SEMANTIC = "SemanticCacheService"
MISS = semantic_cache_pb2.SearchResponse(miss=semantic_cache_pb2.Miss())
ENOUGH_SECONDS = 20.0


class FakeChannel:
    """Performs a client's method in a thread and answers what it sends."""

    def __init__(self, **options: Any) -> None:
        self.channel = grpc_testing.channel(
            list(SERVICES.values()), grpc_testing.strict_real_time()
        )
        self.client = nearhit.Client(channel=self.channel, **options)
        self.executor = ThreadPoolExecutor(max_workers=1)

    def start(self, method: str, *arguments: Any, **options: Any) -> Future[Any]:
        return self.executor.submit(getattr(self.client, method), *arguments, **options)

    def take(self, rpc: str, service: str = SEMANTIC) -> tuple[Any, Any, Any]:
        """The metadata and request of the next call, and the means to answer it."""
        method = SERVICES[service].methods_by_name[rpc]
        metadata, request, means = self.channel.take_unary_unary(method)
        own = {name: value for name, value in metadata if not name.startswith("grpc.")}
        return own, request, means


def answer(rpc: Any, response: Any) -> None:
    rpc.terminate(response, (), grpc.StatusCode.OK, "")


@pytest.fixture
def fake() -> Iterator[FakeChannel]:
    fake = FakeChannel(cache="faq", api_key="nh_1_secret", metadata=[("x-tenant", "a")])
    yield fake
    fake.executor.shutdown()


def test_search_sends_prompt_and_metadata_and_returns_hit(fake):
    result = fake.start("search", "a prompt", similarity_threshold=0.8)
    metadata, request, rpc = fake.take("Search")
    match = semantic_cache_pb2.Match(
        entry=types_pb2.Entry(entry_id="e1", response="an answer"),
        similarity=0.83,
        strategy=types_pb2.SEARCH_STRATEGY_SEMANTIC,
    )
    hit = semantic_cache_pb2.Hit(matches=[match])
    answer(rpc, semantic_cache_pb2.SearchResponse(hit=hit, effective_prompt="a prompt"))

    assert metadata == {"x-tenant": "a", "authorization": "Bearer nh_1_secret"}
    assert request == semantic_cache_pb2.SearchRequest(
        cache="faq", prompt="a prompt", similarity_threshold=0.8
    )
    match result.result(ENOUGH_SECONDS):
        case nearhit.Hit(matches=[best, *_], effective_prompt="a prompt"):
            assert (best.entry.response, best.similarity) == ("an answer", 0.83)
            assert best.strategy is nearhit.Strategy.SEMANTIC
        case other:
            pytest.fail(f"not a hit: {other}")


def test_store_sends_the_whole_entry(fake):
    result = fake.start(
        "store",
        "a prompt",
        "an answer",
        attributes={"lang": "en"},
        metadata={"größe": 2**60},
        ttl=timedelta(hours=1),
    )
    _, request, rpc = fake.take("Store")
    answer(rpc, semantic_cache_pb2.StoreResponse(entry_id="e1", created=True))

    assert request == semantic_cache_pb2.StoreRequest(
        cache="faq",
        prompt="a prompt",
        response="an answer",
        attributes={"lang": "en"},
        metadata_json='{"größe":1152921504606846976}',
        ttl=Duration(seconds=3600),
    )
    assert result.result(ENOUGH_SECONDS) == nearhit.Stored("e1", True, None)


def test_search_many_splits_when_there_are_more_than_a_thousand(fake):
    result = fake.start("search_many", (f"prompt {number}" for number in range(1_001)))
    sizes = []
    for _ in range(2):
        _, request, rpc = fake.take("BatchSearch")
        sizes.append(len(request.requests))
        assert request.cache == "faq"
        results = [
            semantic_cache_pb2.BatchSearchResult(
                response=semantic_cache_pb2.SearchResponse(
                    miss=semantic_cache_pb2.Miss(), effective_prompt=search.prompt
                )
            )
            for search in request.requests
        ]
        answer(rpc, semantic_cache_pb2.BatchSearchResponse(results=results))

    outcomes = result.result(ENOUGH_SECONDS)

    assert sizes == [1_000, 1]
    assert [miss.effective_prompt for miss in outcomes] == [f"prompt {n}" for n in range(1_001)]


def test_store_many_returns_error_in_place_when_one_item_fails(fake):
    entries = [nearhit.NewEntry("a", "b"), nearhit.NewEntry("", "b")]
    result = fake.start("store_many", entries)
    _, request, rpc = fake.take("BatchStore")
    error = semantic_cache_pb2.ItemError(code=3, reason="INVALID_FIELD", message="prompt is blank")
    results = [
        semantic_cache_pb2.BatchStoreResult(
            response=semantic_cache_pb2.StoreResponse(entry_id="e1", created=True)
        ),
        semantic_cache_pb2.BatchStoreResult(error=error),
    ]
    answer(rpc, semantic_cache_pb2.BatchStoreResponse(results=results))

    stored, failed = result.result(ENOUGH_SECONDS)

    assert [item.prompt for item in request.requests] == ["a", ""]
    assert stored == nearhit.Stored("e1", True, None)
    assert isinstance(failed, nearhit.InvalidArgumentError)
    assert failed.reason == "INVALID_FIELD"


@pytest.mark.parametrize("method", ["search_many", "store_many", "embed"])
def test_batch_sends_nothing_when_it_is_empty(fake, method):
    assert fake.start(method, []).result(ENOUGH_SECONDS) == []


def test_update_sends_only_what_is_given(fake):
    result = fake.start("update", "e1", response="new", metadata=None, ttl=None)
    _, request, rpc = fake.take("Update")
    answer(rpc, semantic_cache_pb2.UpdateResponse(entry=types_pb2.Entry(entry_id="e1")))

    assert set(request.update_mask.paths) == {"response", "metadata_json", "ttl"}
    assert request.response == "new"
    assert not request.HasField("metadata_json")
    assert not request.HasField("ttl")
    assert result.result(ENOUGH_SECONDS).entry_id == "e1"


def test_refresh_ttl_sends_an_empty_mask(fake):
    result = fake.start("refresh_ttl", "e1")
    _, request, rpc = fake.take("Update")
    answer(rpc, semantic_cache_pb2.UpdateResponse(entry=types_pb2.Entry(entry_id="e1")))

    result.result(ENOUGH_SECONDS)
    assert request == semantic_cache_pb2.UpdateRequest(cache="faq", entry_id="e1", update_mask={})


def test_get_cache_asks_for_its_own_when_none_is_named(fake):
    result = fake.start("get_cache")
    _, request, rpc = fake.take("GetCache", "CacheAdminService")
    cache = cache_admin_pb2.Cache(cache_id="faq", entry_count=7)
    answer(rpc, cache_admin_pb2.GetCacheResponse(cache=cache))

    assert request.cache_id == "faq"
    assert result.result(ENOUGH_SECONDS).entry_count == 7


def test_rotate_key_sends_its_grace_period_and_returns_the_secret(fake):
    result = fake.start("rotate_key", "00ff", grace_period=timedelta(minutes=1))
    _, request, rpc = fake.take("RotateKey", "KeyAdminService")
    key = key_admin_pb2.Key(key_id="00ff", scopes=[key_admin_pb2.KEY_SCOPE_READ])
    answer(rpc, key_admin_pb2.RotateKeyResponse(key=key, secret="nh_00ff_new"))

    assert request == key_admin_pb2.RotateKeyRequest(
        key_id="00ff", grace_period=Duration(seconds=60)
    )
    issued = result.result(ENOUGH_SECONDS)
    assert issued.secret == "nh_00ff_new"
    assert issued.key.scopes == (nearhit.KeyScope.READ,)


def test_revoke_key_returns_the_ended_key(fake):
    result = fake.start("revoke_key", "00ff")
    _, request, rpc = fake.take("RevokeKey", "KeyAdminService")
    key = key_admin_pb2.Key(key_id="00ff", revoke_time=Timestamp(seconds=1))
    answer(rpc, key_admin_pb2.RevokeKeyResponse(key=key))

    assert request == key_admin_pb2.RevokeKeyRequest(key_id="00ff")
    assert result.result(ENOUGH_SECONDS).revoked_at == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)


def test_embed_sends_texts(fake):
    result = fake.start("embed", ["a", "b"], model="mini", compute_if_missing=False)
    _, request, rpc = fake.take("EmbeddingGet", "EmbeddingCacheService")
    missing = embedding_cache_pb2.EmbeddingResult(
        missing=embedding_cache_pb2.EmbeddingResult.Missing()
    )
    answer(rpc, embedding_cache_pb2.EmbeddingGetResponse(results=[missing, missing]))

    assert request == embedding_cache_pb2.EmbeddingGetRequest(model="mini", texts=["a", "b"])
    assert result.result(ENOUGH_SECONDS) == [None, None]


def test_search_raises_with_details_when_status_has_them(fake):
    result = fake.start("search", "a")
    _, _, rpc = fake.take("Search")
    info = error_details_pb2.ErrorInfo(
        reason="EMBEDDING_QUEUE_FULL", domain="nearhit", metadata={"waiting": "4096"}
    )
    retry = error_details_pb2.RetryInfo(retry_delay=Duration(nanos=250_000_000))
    status = status_pb2.Status(code=8, message="too many texts wait")
    for detail in (info, retry):
        packed = Packed()
        packed.Pack(detail)
        status.details.append(packed)
    trailer = (("grpc-status-details-bin", status.SerializeToString()),)
    rpc.terminate(MISS, trailer, grpc.StatusCode.RESOURCE_EXHAUSTED, "too many texts wait")

    error = result.exception(ENOUGH_SECONDS)

    assert isinstance(error, nearhit.ResourceExhaustedError)
    assert (error.message, error.reason) == ("too many texts wait", "EMBEDDING_QUEUE_FULL")
    assert error.details == {"waiting": "4096"}
    assert error.retry_delay == timedelta(milliseconds=250)
    assert isinstance(error.__cause__, grpc.RpcError)


def test_search_raises_internal_error_when_response_says_nothing(fake):
    result = fake.start("search", "a")
    _, _, rpc = fake.take("Search")
    answer(rpc, semantic_cache_pb2.SearchResponse())

    assert isinstance(result.exception(ENOUGH_SECONDS), nearhit.InternalError)


def test_search_many_raises_when_results_are_too_few(fake):
    result = fake.start("search_many", ["a", "b"])
    _, _, rpc = fake.take("BatchSearch")
    results = [semantic_cache_pb2.BatchSearchResult(response=MISS)]
    answer(rpc, semantic_cache_pb2.BatchSearchResponse(results=results))

    error = result.exception(ENOUGH_SECONDS)

    assert isinstance(error, nearhit.InternalError)
    assert "2 results were asked for and 1 came" in error.message
