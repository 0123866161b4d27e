"""Everything that is refused: with which status, and which field."""

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

import nearhit
from bad_requests import REFUSED, UNMET, nested, search, store, vector
from nearhit.v1 import cache_admin_pb2 as admin
from nearhit.v1 import cache_quality_pb2 as quality
from nearhit.v1 import embedding_cache_pb2 as emb
from nearhit.v1 import semantic_cache_pb2 as pb
from nearhit.v1.cache_admin_pb2_grpc import CacheAdminServiceStub
from nearhit.v1.cache_quality_pb2_grpc import CacheQualityServiceStub
from nearhit.v1.embedding_cache_pb2_grpc import EmbeddingCacheServiceStub
from nearhit.v1.semantic_cache_pb2_grpc import SemanticCacheServiceStub

METHODS = {
    type_: (stub, type_.__name__.removesuffix("Request"))
    for stub, types_ in (
        (
            SemanticCacheServiceStub,
            (
                *(pb.SearchRequest, pb.BatchSearchRequest, pb.StoreRequest, pb.BatchStoreRequest),
                *(pb.UpdateRequest, pb.DeleteRequest, pb.FlushRequest, pb.ListEntriesRequest),
                pb.ReportHitRequest,
            ),
        ),
        (
            CacheQualityServiceStub,
            (
                *(quality.GetCacheStatsRequest, quality.ListReportsRequest),
                *(quality.ReleaseEntryRequest, quality.ListShadowSearchesRequest),
            ),
        ),
        (
            EmbeddingCacheServiceStub,
            (
                *(emb.EmbeddingGetRequest, emb.EmbeddingSetRequest, emb.EmbeddingExistsRequest),
                *(emb.EmbeddingDeleteRequest, emb.EmbeddingFlushRequest),
            ),
        ),
        (
            CacheAdminServiceStub,
            (
                *(admin.CreateCacheRequest, admin.GetCacheRequest, admin.ListCachesRequest),
                *(admin.UpdateCacheRequest, admin.DeleteCacheRequest),
            ),
        ),
    )
    for type_ in types_
}


@pytest.fixture(scope="module")
async def channel(server_address):
    async with grpc.aio.insecure_channel(server_address) as channel:
        yield channel


async def failure(channel, request):
    """The status and the details, by type, with which a request fails."""
    stub, method = METHODS[type(request)]
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await getattr(stub(channel), method)(request)
    return failed.value.code(), details_of(failed.value)


def details_of(error):
    status = rpc_status.from_call(error)
    details = {}
    for packed in status.details:
        for type_ in (
            error_details_pb2.ErrorInfo,
            error_details_pb2.BadRequest,
            error_details_pb2.RetryInfo,
        ):
            if packed.Is(type_.DESCRIPTOR):
                details[type_] = type_.FromString(packed.value)
    return details


@pytest.mark.parametrize(
    ("request_", "field"), REFUSED, ids=lambda value: value if isinstance(value, str) else ""
)
async def test_request_is_refused_with_the_field_at_fault(channel, request_, field):
    code, details = await failure(channel, request_)
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    info = details[error_details_pb2.ErrorInfo]
    assert (info.reason, info.domain) == ("INVALID_FIELD", "nearhit")
    violations = details[error_details_pb2.BadRequest].field_violations
    assert field in {violation.field for violation in violations}
    assert all(violation.description for violation in violations)


@pytest.mark.parametrize(("request_", "code", "reason"), UNMET)
async def test_request_that_the_server_is_not_made_for_says_why(channel, request_, code, reason):
    actual_code, details = await failure(channel, request_)
    assert actual_code.name == code
    assert details[error_details_pb2.ErrorInfo].reason == reason
    assert details[error_details_pb2.BadRequest].field_violations[0].field


@pytest.mark.parametrize(
    "raw",
    [
        b"\xff\xff\xff\xff",
        b"\x12\x02\xff\xfe",  # A prompt that is no UTF-8.
        b"\x3a\x02" * 3,
        search(filter=nested(99)).SerializeToString(),
        b"\x12\x05abc",
    ],
)
async def test_bytes_that_are_no_message_are_refused(channel, raw):
    method = channel.unary_unary("/nearhit.v1.SemanticCacheService/Search")
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await method(raw)
    assert failed.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "Traceback" not in failed.value.details()
    assert failed.value.details().isprintable()


async def test_refused_requests_change_nothing(channel, client, cache_id):
    await client.store("p", "r", metadata={"kept": True})
    await client.set_embeddings(
        [nearhit.NewEmbedding(text="kept", vector=[1])], model="m", namespace="mine"
    )
    entry = [e async for e in client.list_entries(with_vectors=True)]
    settings = await client.get_cache()
    for refused, _ in REFUSED:
        request = type(refused)()
        request.CopyFrom(refused)
        if getattr(request, "cache", None) == "default":
            request.cache = cache_id
        await failure(channel, request)
    assert [e async for e in client.list_entries(with_vectors=True)] == entry
    assert await client.get_cache() == settings
    assert await client.flush_embeddings("mine") == 1


async def test_error_with_a_thousand_faults_still_reaches_the_caller(channel):
    attributes = {f"{'ü' * 50} {n}": "" for n in range(16)}
    filter_ = {"any_of": {"filters": [{"tag_in": {"name": "ü" * 99}} for _ in range(200)]}}
    for request in (search(attributes=attributes, prompt="\0" * 9_000), search(filter=filter_)):
        code, details = await failure(channel, request)
        assert code is grpc.StatusCode.INVALID_ARGUMENT
        assert details[error_details_pb2.BadRequest].field_violations


async def test_one_bad_item_of_a_batch_fails_alone(channel, client, cache_id):
    requests = [
        store(cache="", prompt="one"),
        store(cache="", prompt=""),
        store(cache="default", prompt="elsewhere"),
        store(cache=cache_id, prompt="two", vector=vector(1.0)),
        store(cache=cache_id, prompt="three"),
    ]
    request = pb.BatchStoreRequest(cache=cache_id, requests=requests)
    response = await SemanticCacheServiceStub(channel).BatchStore(request)
    outcomes = [result.WhichOneof("outcome") for result in response.results]
    assert outcomes == ["response", "error", "error", "error", "response"]
    errors = [result.error for result in response.results if result.HasField("error")]
    assert [error.reason for error in errors] == [
        "INVALID_FIELD",
        "INVALID_FIELD",
        "DIMENSION_MISMATCH",
    ]
    assert [v.field for error in errors[:2] for v in error.field_violations] == ["prompt", "cache"]
    assert (await client.get_cache()).entry_count == 2


async def test_deadline_that_passes_is_told_as_such(client):
    with pytest.raises(nearhit.DeadlineExceededError):
        await client.embed(["word " * 240 + str(n) for n in range(200)], timeout=0.05)
