"""Who may do what on a server that asks for API keys, over real gRPC."""

import grpc
import pytest

import nearhit
from nearhit import KeyScope
from nearhit.v1 import (
    cache_admin_pb2,
    cache_quality_pb2,
    embedding_cache_pb2,
    semantic_cache_pb2,
)
from nearhit_server.core.access.secrets import digest, new_key_id, new_secret
from server.keys.keyed_servers import (
    ALL,
    BOOT_KEY,
    HEALTH,
    UNAUTHENTICATED,
    ask,
    listed_methods,
    secret_of,
)

PERMISSION_DENIED = grpc.StatusCode.PERMISSION_DENIED

READ = {
    *("Search", "BatchSearch", "ListEntries", "EmbeddingGet", "EmbeddingExists", "GetCache"),
    *("GetCacheStats", "ListReports", "ListShadowSearches"),
}
WRITE = {
    *("Store", "BatchStore", "Update", "Delete", "Flush"),
    *("EmbeddingSet", "EmbeddingDelete", "EmbeddingFlush"),
    *("ReportHit", "ReleaseEntry"),
}
ADMIN = {
    *("CreateCache", "GetCache", "ListCaches", "UpdateCache", "DeleteCache"),
    *("CreateKey", "ListKeys", "RotateKey", "RevokeKey"),
}
MAY = {KeyScope.READ: READ, KeyScope.WRITE: WRITE, KeyScope.ADMIN: ADMIN}


async def test_every_method_but_health_refuses_to_answer_without_a_good_key(channel, boot):
    methods = await listed_methods(channel, BOOT_KEY)
    assert {path.split("/")[1].rpartition(".")[2] for path in methods} == {
        *("SemanticCacheService", "EmbeddingCacheService", "CacheAdminService"),
        *("CacheQualityService", "KeyAdminService", "Health", "ServerReflection"),
    }
    asked = [path for path in methods if not path.startswith(f"/{HEALTH}/")]
    asked += ["/nearhit.v1.SemanticCacheService/Guess", "/nearhit.v2.Guess/Guess"]
    revoked = await boot.create_key(scopes=[KeyScope.READ], caches=ALL)
    await boot.revoke_key(revoked.key.key_id)
    wrong = [
        *(None, "wrong", f"{BOOT_KEY}x", digest(BOOT_KEY)),
        *(new_secret(new_key_id()), new_secret(revoked.key.key_id), revoked.secret),
    ]
    answers = {await ask(channel, path, secret) for path in asked for secret in wrong}
    answers |= {await ask(channel, path, None, b"\xff") for path in asked}
    (answer,) = answers
    assert answer.code is UNAUTHENTICATED
    assert b"KEY_INVALID" in answer.details


async def test_health_is_told_to_anybody(channel):
    assert (await ask(channel, f"/{HEALTH}/Check", None)).code is grpc.StatusCode.OK
    assert (await ask(channel, f"/{HEALTH}/Check", "wrong")).code is grpc.StatusCode.OK


async def test_key_may_call_the_methods_of_its_scope_alone(channel, boot):
    served = {
        path
        for path in await listed_methods(channel, BOOT_KEY)
        if path.startswith("/nearhit.")
        and (await ask(channel, path, BOOT_KEY)).code is not grpc.StatusCode.UNIMPLEMENTED
    }
    assert {path.rpartition("/")[2] for path in served} == READ | WRITE | ADMIN
    for scope in KeyScope:
        secret = await secret_of(boot, scope)
        codes = {path: (await ask(channel, path, secret)).code for path in served}
        allowed = {path for path, code in codes.items() if code is not PERMISSION_DENIED}
        assert {path.rpartition("/")[2] for path in allowed} == MAY[scope]
        assert UNAUTHENTICATED not in codes.values()


def requests_about(cache):
    """A well-formed request of each method that touches a cache, by path."""
    semantic, admin = "/nearhit.v1.SemanticCacheService", "/nearhit.v1.CacheAdminService"
    quality = "/nearhit.v1.CacheQualityService"
    pb = semantic_cache_pb2
    entry_ids = pb.DeleteRequest.EntryIds(ids=["0" * 32])
    settings = cache_admin_pb2.Cache(cache_id=cache, max_entries=5)
    return {
        f"{semantic}/Search": pb.SearchRequest(cache=cache, prompt="p"),
        f"{semantic}/BatchSearch": pb.BatchSearchRequest(cache=cache, requests=[{"prompt": "p"}]),
        f"{semantic}/Store": pb.StoreRequest(cache=cache, prompt="p", response="r"),
        f"{semantic}/BatchStore": pb.BatchStoreRequest(
            cache=cache, requests=[{"prompt": "p", "response": "r"}]
        ),
        f"{semantic}/Update": pb.UpdateRequest(cache=cache, entry_id="0" * 32),
        f"{semantic}/Delete": pb.DeleteRequest(cache=cache, entry_ids=entry_ids),
        f"{semantic}/Flush": pb.FlushRequest(cache=cache),
        f"{semantic}/ListEntries": pb.ListEntriesRequest(cache=cache),
        f"{semantic}/ReportHit": pb.ReportHitRequest(
            cache=cache, entry_id="0" * 32, prompt="p", verdict=pb.VERDICT_WRONG
        ),
        f"{quality}/GetCacheStats": cache_quality_pb2.GetCacheStatsRequest(cache=cache),
        f"{quality}/ListReports": cache_quality_pb2.ListReportsRequest(cache=cache),
        f"{quality}/ReleaseEntry": cache_quality_pb2.ReleaseEntryRequest(
            cache=cache, entry_id="0" * 32
        ),
        f"{quality}/ListShadowSearches": cache_quality_pb2.ListShadowSearchesRequest(cache=cache),
        f"{admin}/CreateCache": cache_admin_pb2.CreateCacheRequest(cache=settings),
        f"{admin}/GetCache": cache_admin_pb2.GetCacheRequest(cache_id=cache),
        f"{admin}/UpdateCache": cache_admin_pb2.UpdateCacheRequest(
            cache=settings, update_mask={"paths": ["max_entries"]}
        ),
        f"{admin}/DeleteCache": cache_admin_pb2.DeleteCacheRequest(cache_id=cache),
    }


async def test_key_of_one_cache_cannot_tell_another_from_none(channel, boot, cache_id):
    secret = await secret_of(boot, *KeyScope, caches=[f"{cache_id}-own"])
    await boot.store("p", "r")
    answers = {
        await ask(channel, path, secret, request)
        for cache in (cache_id, f"{cache_id}-none", "", "No Such Name", "*")
        for path, request in requests_about(cache).items()
    }
    (answer,) = answers
    assert answer.code is PERMISSION_DENIED
    assert b"KEY_FORBIDDEN" in answer.details
    assert (await boot.get_cache()).entry_count == 1


async def test_key_of_one_cache_has_all_of_it(channel, boot, cache_id):
    secret = await secret_of(boot, *KeyScope, caches=[cache_id, f"{cache_id}-new"])
    for cache in (cache_id, f"{cache_id}-new"):
        requests = requests_about(cache)
        create = next(path for path in requests if path.endswith("/CreateCache"))
        delete = next(path for path in requests if path.endswith("/DeleteCache"))
        await ask(channel, create, secret, requests.pop(create))
        last = requests.pop(delete)
        for path, request in requests.items():
            code = (await ask(channel, path, secret, request)).code
            # These name an entry that there is not.
            named = path.endswith(("/Update", "/ReportHit", "/ReleaseEntry"))
            missing = grpc.StatusCode.NOT_FOUND if named else None
            assert code in (grpc.StatusCode.OK, missing), path
        assert (await ask(channel, delete, secret, last)).code is grpc.StatusCode.OK
    await boot.create_cache(cache_id)


async def test_item_of_a_batch_does_not_reach_another_cache(address, boot, channel, cache_id):
    await boot.store("p", "hidden")
    own = f"{cache_id}-own"
    secret = await secret_of(boot, *KeyScope, caches=[own])
    async with nearhit.AsyncClient(address, cache=own, api_key=secret) as client:
        await client.create_cache(own)
        batch = semantic_cache_pb2.BatchSearchRequest(
            cache=own, requests=[{"prompt": "p", "cache": cache_id}]
        )
        path = "/nearhit.v1.SemanticCacheService/BatchSearch"
        answer = await ask(channel, path, secret, batch)
        await client.delete_cache(own)
    (result,) = semantic_cache_pb2.BatchSearchResponse.FromString(answer.response).results
    assert result.error.reason == "INVALID_FIELD"
    assert b"hidden" not in answer.response


@pytest.mark.parametrize(
    ("namespaces", "asked", "allowed"),
    [
        ([], "", False),
        (["own"], "", False),
        ([""], "", True),
        ([""], "own", False),
        (["own"], "own", True),
        (["*"], "own", True),
    ],
)
async def test_key_has_the_vectors_of_its_namespaces_alone(
    channel, boot, namespaces, asked, allowed
):
    secret = await secret_of(boot, *KeyScope, namespaces=namespaces)
    for path, request in requests_about_namespace(asked).items():
        answer = await ask(channel, path, secret, request)
        assert (answer.code is not PERMISSION_DENIED) is allowed, path


def requests_about_namespace(namespace):
    """A request of each method that touches a namespace of embeddings, by path."""
    pb = embedding_cache_pb2
    service = "/nearhit.v1.EmbeddingCacheService"
    names = {"namespace": namespace, "model": "m", "texts": ["t"]}
    row = {"text": "t", "vector": {"floats": {"values": [1]}}}
    return {
        f"{service}/EmbeddingGet": pb.EmbeddingGetRequest(**names),
        f"{service}/EmbeddingExists": pb.EmbeddingExistsRequest(**names),
        f"{service}/EmbeddingDelete": pb.EmbeddingDeleteRequest(**names),
        f"{service}/EmbeddingSet": pb.EmbeddingSetRequest(
            namespace=namespace, model="m", items=[row]
        ),
        f"{service}/EmbeddingFlush": pb.EmbeddingFlushRequest(namespace=namespace),
    }


async def test_key_that_only_reads_gives_no_vector_another_ttl(channel, boot):
    secret = await secret_of(boot, KeyScope.READ, namespaces=["own"])
    path = "/nearhit.v1.EmbeddingCacheService/EmbeddingGet"
    names = {"namespace": "own", "model": "m", "texts": ["t"]}
    request = embedding_cache_pb2.EmbeddingGetRequest(**names, refresh_ttl=True)
    assert (await ask(channel, path, secret, request)).code is grpc.StatusCode.OK
    request = embedding_cache_pb2.EmbeddingGetRequest(**names, ttl={"seconds": 1})
    assert (await ask(channel, path, secret, request)).code is PERMISSION_DENIED


async def test_restricted_administrator_sees_its_own_caches_and_keys_alone(address, boot, cache_id):
    reach = {"caches": [cache_id, f"{cache_id}-none"], "namespaces": []}
    issued = await boot.create_key(scopes=[KeyScope.ADMIN], **reach)
    wider = await boot.create_key(scopes=[KeyScope.READ], caches=ALL)
    async with nearhit.AsyncClient(address, api_key=issued.secret) as client:
        assert [cache.cache_id async for cache in client.list_caches()] == [cache_id]
        made = await client.create_key(scopes=[KeyScope.READ], caches=[cache_id])
        seen = {key.key_id async for key in client.list_keys()}
        for attempt in (
            client.create_key(scopes=[KeyScope.READ], caches=ALL),
            client.rotate_key(wider.key.key_id),
            client.revoke_key(wider.key.key_id),
            client.revoke_key("0" * 16),
        ):
            with pytest.raises(nearhit.PermissionDeniedError):
                await attempt
    assert {issued.key.key_id, made.key.key_id} <= seen
    assert wider.key.key_id not in seen
    assert {*seen, wider.key.key_id} <= {key.key_id async for key in boot.list_keys()}
