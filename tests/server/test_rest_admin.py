"""The administration of caches and keys over HTTP, on both stores."""

from datetime import UTC, datetime, timedelta

import pytest

import nearhit
from api.rest.apis import BOOT_KEY, client_of, rest_api
from nearhit import AttributeType, LongPrompts, Strategy, Verification
from polling import until

CACHES = "/v1/admin/caches"
KEYS = "/v1/admin/keys"

DEFAULTS = {
    "similarityThreshold": 0.9,
    "ttlRefreshOnHit": False,
    "searchStrategies": ["exact", "semantic"],
    "longPrompts": "exact_only",
    "attributes": {},
    "restrictAttributes": False,
    "verification": "full",
    "shadow": False,
}
CHOSEN = {
    "model": "tiny",
    "dimension": 16,
    "similarityThreshold": -0.5,
    "defaultTtlMillis": 300_000,
    "ttlRefreshOnHit": True,
    "searchStrategies": ["semantic", "exact"],
    "longPrompts": "truncate",
    "maxEntries": 10,
    "attributes": {"year": "numeric", "note": "text", "lang": "tag"},
    "restrictAttributes": True,
    "verification": "guard",
    "maxFalseHitRate": 0.02,
    "shadow": True,
}
"""Every setting, none as it is by default but for the dimension."""


@pytest.fixture(scope="module", params=["embedded", "redis"])
async def servers(request, tmp_path_factory, tiny_model):
    store = "embedded"
    if request.param == "redis":
        store = request.getfixturevalue("tiny_servers_redis").url
    folder = tmp_path_factory.mktemp("rest-admin")
    models = {"tiny": str(tiny_model)}
    async with rest_api(
        store, data_dir=folder, model=tiny_model, models=models, api_keys=(BOOT_KEY,)
    ) as servers:
        yield servers


@pytest.fixture
async def boot(servers, cache_id):
    """A client whose key may do everything. The caches that are called after the test go with
    it."""
    async with client_of(servers, BOOT_KEY) as client:
        yield client
        for cache in (await client.get(CACHES)).json()["caches"]:
            if cache["cacheId"] == cache_id or cache["cacheId"].startswith(f"{cache_id}-"):
                await client.delete(f"{CACHES}/{cache['cacheId']}")


@pytest.fixture
async def cache(boot, cache_id):
    """The path of a new cache."""
    assert (await boot.post(CACHES, json={"cacheId": cache_id})).status_code == 201
    return f"{CACHES}/{cache_id}"


async def secret_of(boot, *scopes, **reach):
    """The secret of a new key that reaches everything unless `reach` says else."""
    asked = {"scopes": scopes, "caches": ["*"], "namespaces": ["*"]} | reach
    response = await boot.post(KEYS, json=asked)
    assert response.status_code == 201, response.text
    return response.json()["secret"]


def refused(response):
    """How a call was refused: all that its caller can see, but for its request id."""
    return response.status_code, response.content


async def test_created_cache_is_told_where_it_is(boot, cache_id):
    created = await boot.post(CACHES, json={"cacheId": cache_id})
    assert (created.status_code, created.headers["location"]) == (201, f"{CACHES}/{cache_id}")
    cache = created.json()
    assert (await boot.get(created.headers["location"])).json() == cache
    assert cache == cache | DEFAULTS | {"cacheId": cache_id, "dimension": 16, "entryCount": 0}
    # What is not set is left out, and never null.
    assert not {"defaultTtlMillis", "maxEntries", "maxFalseHitRate"} & cache.keys()
    assert datetime.fromisoformat(cache["createdAt"]) <= datetime.now(UTC)


async def test_every_setting_is_what_grpc_says(boot, servers, cache_id):
    created = (await boot.post(CACHES, json={"cacheId": cache_id} | CHOSEN)).json()
    assert created == created | CHOSEN
    async with nearhit.AsyncClient(servers.grpc.address, api_key=BOOT_KEY) as client:
        told = await client.get_cache(cache_id)
    assert told.cache_id == cache_id
    assert (told.model, told.dimension) == ("tiny", 16)
    assert (told.similarity_threshold, told.max_entries) == (-0.5, 10)
    assert told.default_ttl == timedelta(minutes=5)
    assert (told.ttl_refresh_on_hit, told.restrict_attributes) == (True, True)
    assert told.strategies == (Strategy.SEMANTIC, Strategy.EXACT)
    assert told.long_prompts is LongPrompts.TRUNCATE
    assert (told.verification, told.max_false_hit_rate) == (Verification.GUARD, 0.02)
    assert told.shadow is True
    assert told.attributes == {
        "year": AttributeType.NUMERIC,
        "note": AttributeType.TEXT,
        "lang": AttributeType.TAG,
    }
    assert told.created_at == datetime.fromisoformat(created["createdAt"])
    assert told.updated_at == datetime.fromisoformat(created["updatedAt"])
    assert (await boot.get(f"{CACHES}/{cache_id}")).json() == created


async def test_null_stands_for_the_default_when_a_cache_is_made(boot, cache_id):
    nothing = dict.fromkeys(CHOSEN)
    created = (await boot.post(CACHES, json={"cacheId": cache_id} | nothing)).json()
    assert created == created | DEFAULTS


async def test_patch_leaves_what_is_absent_and_resets_what_is_null(boot, cache):
    changed = (await boot.patch(cache, json=CHOSEN | {"allowFlush": True})).json()
    assert changed == changed | CHOSEN
    after = (await boot.patch(cache, json={"similarityThreshold": 0.25})).json()
    assert after == changed | {"similarityThreshold": 0.25, "updatedAt": after["updatedAt"]}
    assert after["updatedAt"] > changed["updatedAt"]
    reset = dict.fromkeys(CHOSEN)
    after = (await boot.patch(cache, json=reset | {"allowFlush": True})).json()
    assert after == after | DEFAULTS
    assert not {"defaultTtlMillis", "maxEntries", "maxFalseHitRate"} & after.keys()
    assert (await boot.get(cache)).json() == after


@pytest.mark.parametrize(
    "change", [{"model": None, "dimension": None}, {"attributes": {"a": "tag"}}]
)
async def test_harmless_change_keeps_the_entries(boot, cache, cache_id, change):
    await boot.post(f"/v1/caches/{cache_id}/entries", json={"prompt": "p", "response": "r"})
    response = await boot.patch(cache, json=change)
    assert (response.status_code, response.json()["entryCount"]) == (200, 1)


async def test_change_that_removes_the_entries_has_to_say_that_it_may(boot, cache, cache_id):
    await boot.post(f"/v1/caches/{cache_id}/entries", json={"prompt": "p", "response": "r"})
    change = {"attributes": {"year": "numeric"}}
    response = await boot.patch(cache, json=change)
    assert response.status_code == 400
    assert [fault["field"] for fault in response.json()["fields"]] == ["allowFlush"]
    assert (await boot.get(cache)).json()["entryCount"] == 1
    response = await boot.patch(cache, json=change | {"allowFlush": True})
    assert (response.status_code, response.json()["entryCount"]) == (200, 0)


async def test_cache_that_exists_is_not_made_again(boot, cache, cache_id):
    response = await boot.post(CACHES, json={"cacheId": cache_id})
    assert response.status_code == 409
    problem = response.json()
    assert (problem["type"], problem["error"]["code"]) == (
        "/errors/already-exists",
        "INVALID_REQUEST",
    )


async def test_deleted_cache_is_gone(boot, cache, cache_id):
    await boot.post(f"/v1/caches/{cache_id}/entries", json={"prompt": "p", "response": "r"})
    response = await boot.delete(cache)
    assert (response.status_code, response.json()) == (200, {"deletedEntriesCount": 1})
    for call in (boot.get(cache), boot.delete(cache), boot.patch(cache, json=DEFAULTS)):
        assert (await call).status_code == 404


async def test_caches_are_listed_in_pages(boot, cache_id):
    names = [f"{cache_id}-{number}" for number in range(5)]
    for name in names:
        await boot.post(CACHES, json={"cacheId": name})
    listed, token = [], ""
    while True:
        page = (await boot.get(CACHES, params={"pageSize": 2, "pageToken": token})).json()
        listed += [cache["cacheId"] for cache in page["caches"]]
        if "nextPageToken" not in page:
            break
        assert len(page["caches"]) == 2
        token = page["nextPageToken"]
    assert listed == sorted(set(listed))
    assert {"default", *names} <= set(listed)
    assert listed == [cache["cacheId"] for cache in (await boot.get(CACHES)).json()["caches"]]


async def test_key_lives_and_ends(boot, servers, cache, cache_id):
    expires = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    asked = {"displayName": "n", "scopes": ["read"], "caches": [cache_id], "expiresAt": expires}
    created = await boot.post(KEYS, json=asked)
    assert (created.status_code, created.headers["cache-control"]) == (201, "no-store")
    key = created.json()
    assert datetime.fromisoformat(key["expiresAt"]) == datetime.fromisoformat(expires)
    first, path = key.pop("secret"), f"{KEYS}/{key['keyId']}"
    assert (key["displayName"], key["scopes"], key["caches"]) == ("n", ["read"], [cache_id])
    health = f"/v1/caches/{cache_id}/health"
    async with client_of(servers, first) as client:
        assert (await client.get(health)).status_code == 200
    rotated = await boot.post(f"{path}/rotate", json={"gracePeriodMillis": 60_000})
    second = rotated.json()["secret"]
    assert rotated.json() == key | {"secret": second}
    assert rotated.headers["cache-control"] == "no-store"
    third = (await boot.post(f"{path}/rotate")).json()["secret"]
    assert (await boot.get(KEYS)).json()["keys"].count(key) == 1
    # Rotating without a grace period ends every earlier secret. The newest comes first: what is
    # known of a key is believed for a moment, but for a secret that is not among it.
    for secret, status in ((third, 200), (first, 401), (second, 401)):
        async with client_of(servers, secret) as client:
            assert (await client.get(health)).status_code == status
    revoked = (await boot.post(f"{path}/revoke")).json()
    assert revoked == key | {"revokedAt": revoked["revokedAt"]}
    async with client_of(servers, third) as client:

        async def ended():
            return (await client.get(health)).status_code == 401

        await until(ended)
    assert (await boot.post(f"{path}/rotate")).status_code == 400


async def test_older_secret_is_good_for_its_grace_period(boot, servers, cache, cache_id):
    key = (await boot.post(KEYS, json={"scopes": ["read"], "caches": [cache_id]})).json()
    path = f"{KEYS}/{key['keyId']}/rotate"
    assert (await boot.post(path, json={"gracePeriodMillis": 60_000})).status_code == 200
    async with client_of(servers, key["secret"]) as client:
        assert (await client.get(f"/v1/caches/{cache_id}/health")).status_code == 200


async def test_keys_are_listed_in_pages_and_without_secrets(boot):
    made = {(await boot.post(KEYS, json={"scopes": ["read"]})).json()["keyId"] for _ in range(3)}
    listed, token = [], ""
    while True:
        page = (await boot.get(KEYS, params={"pageSize": 1, "pageToken": token})).json()
        listed += page["keys"]
        if "nextPageToken" not in page:
            break
        token = page["nextPageToken"]
    ids = [key["keyId"] for key in listed]
    assert ids == sorted(set(ids))
    assert made <= set(ids)
    assert not any("secret" in key for key in listed)


@pytest.mark.parametrize("scope", ["read", "write"])
async def test_key_without_the_scope_cannot_administer(boot, servers, cache, scope):
    async with client_of(servers, await secret_of(boot, scope)) as client:
        answers = [
            await client.get(CACHES),
            await client.post(CACHES, json={"cacheId": "other"}),
            await client.patch(cache, json=DEFAULTS),
            await client.delete(cache),
            await client.get(KEYS),
            await client.post(KEYS, json={"scopes": ["admin"]}),
            await client.post(f"{KEYS}/{'0' * 16}/rotate"),
            await client.post(f"{KEYS}/{'0' * 16}/revoke"),
        ]
        assert {answer.status_code for answer in answers} == {403}
        assert (await client.get(cache)).status_code == (200 if scope == "read" else 403)


async def test_key_of_one_cache_learns_nothing_of_others(boot, servers, cache, cache_id):
    await boot.post(CACHES, json={"cacheId": f"{cache_id}-other"})
    reach = {"caches": [cache_id, f"{cache_id}-none"]}
    async with client_of(servers, await secret_of(boot, "admin", **reach)) as client:
        for name in (f"{cache_id}-other", f"{cache_id}-absent", "default", "NO NAME"):
            path = f"{CACHES}/{name}"
            answers = {
                refused(await client.get(path)),
                refused(await client.delete(path)),
                refused(await client.patch(path, json=DEFAULTS)),
                refused(await client.get(f"/v1/caches/{name}/health")),
            }
            assert len(answers) == 1
            assert answers.pop()[0] == 403
        existing = await client.post(CACHES, json={"cacheId": f"{cache_id}-other"})
        absent = await client.post(CACHES, json={"cacheId": f"{cache_id}-absent"})
        assert refused(existing) == refused(absent)
        assert existing.status_code == 403
        listed = (await client.get(CACHES)).json()
        assert [cache["cacheId"] for cache in listed["caches"]] == [cache_id]
        wider = await client.post(KEYS, json={"scopes": ["read"], "caches": ["default"]})
        assert wider.status_code == 403
        # What is within its reach is its own to make.
        assert (await client.post(CACHES, json={"cacheId": f"{cache_id}-none"})).status_code == 201


async def test_call_without_a_key_is_refused(servers, cache):
    async with client_of(servers) as client:
        for call in (client.get(CACHES), client.get(cache), client.post(KEYS, json={})):
            response = await call
            assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")
