"""Reports, statistics and shadow mode over HTTP, on both stores."""

import pytest

from api.rest.apis import BOOT_KEY, client_of, rest_api
from polling import until

CACHES = "/v1/admin/caches"
QUESTION = "How do I reset my password?"
PROMPTS = ("reset password how", "a password that I forgot", "password: how to reset it")


@pytest.fixture(scope="module", params=["embedded", "redis"])
async def servers(request, tmp_path_factory, tiny_model):
    store = "embedded"
    if request.param == "redis":
        store = request.getfixturevalue("tiny_servers_redis").url
    folder = tmp_path_factory.mktemp("rest-quality")
    async with rest_api(store, data_dir=folder, model=tiny_model, api_keys=(BOOT_KEY,)) as servers:
        yield servers


@pytest.fixture
async def boot(servers, cache_id):
    """A client whose key may do everything, and a cache."""
    async with client_of(servers, BOOT_KEY) as client:
        assert (await client.post(CACHES, json={"cacheId": cache_id})).status_code == 201
        yield client
        await client.delete(f"{CACHES}/{cache_id}")


@pytest.fixture
def cache(boot, cache_id):
    """The path of the cache's administration."""
    return f"{CACHES}/{cache_id}"


@pytest.fixture
async def entry(boot, cache_id):
    """The path of an entry."""
    path = f"/v1/caches/{cache_id}/entries"
    stored = await boot.post(path, json={"prompt": QUESTION, "response": "r"})
    return f"{path}/{stored.json()['entryId']}"


async def report(client, entry, prompt, verdict):
    answer = await client.post(f"{entry}/reports", json={"prompt": prompt, "verdict": verdict})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def listed(client, path, members):
    """All items of a list, read one by one."""
    items, token = [], ""
    while True:
        page = (await client.get(path, params={"pageSize": 1, "pageToken": token})).json()
        items += page[members]
        if "nextPageToken" not in page:
            return items
        token = page["nextPageToken"]


async def test_reports_are_counted_and_listed(boot, cache, entry):
    assert await report(boot, entry, PROMPTS[0], "right") == {"quarantined": False}
    await report(boot, entry, PROMPTS[1], "wrong")

    stats = (await boot.get(f"{cache}/stats")).json()
    reports = await listed(boot, f"{cache}/reports", "reports")

    assert (stats["reportedRight"], stats["reportedWrong"]) == (1, 1)
    assert set(stats["falseHitRate"]) == {"value", "low", "high"}
    assert [(told["prompt"], told["verdict"]) for told in reports] == [
        (PROMPTS[0], "right"),
        (PROMPTS[1], "wrong"),
    ]
    assert reports[0]["entryId"] == entry.rpartition("/")[2]
    assert reports[0]["entryPrompt"] == QUESTION


async def test_statistics_of_a_new_cache_leave_out_what_is_not_known(boot, cache):
    assert (await boot.get(f"{cache}/stats")).json() == {
        "searches": 0,
        "exactHits": 0,
        "semanticHits": 0,
        "refusals": {},
        "reportedRight": 0,
        "reportedWrong": 0,
        "quarantinedEntries": 0,
    }


async def test_quarantine_ends_when_the_entry_is_released(boot, cache, cache_id, entry):
    answers = [await report(boot, entry, prompt, "wrong") for prompt in PROMPTS]
    assert [answer["quarantined"] for answer in answers] == [False, False, True]
    release = f"{cache}/entries/{entry.rpartition('/')[2]}/release"
    assert (await boot.post(release)).json() == {"released": True}
    assert (await boot.post(release)).json() == {"released": False}


async def test_shadow_searches_are_listed(boot, cache, cache_id, entry):
    await boot.patch(cache, json={"shadow": True})
    search = f"/v1/caches/{cache_id}/entries/search"
    missed = await boot.post(search, json={"prompt": QUESTION, "searchStrategies": ["exact"]})
    assert missed.json() == {"data": [], "hit": False}

    async def recorded():
        return bool(await listed(boot, f"{cache}/shadow-searches", "searches"))

    await until(recorded)
    (found,) = await listed(boot, f"{cache}/shadow-searches", "searches")
    assert (found["prompt"], found["entryPrompt"]) == (QUESTION, QUESTION)
    assert (found["searchStrategy"], found["similarity"]) == ("exact", 1)
    assert "refusal" not in found


async def test_search_that_finds_no_entry_is_told_without_one(boot, cache, cache_id):
    await boot.patch(cache, json={"shadow": True})
    await boot.post(f"/v1/caches/{cache_id}/entries/search", json={"prompt": QUESTION})

    async def recorded():
        return bool(await listed(boot, f"{cache}/shadow-searches", "searches"))

    await until(recorded)
    (found,) = await listed(boot, f"{cache}/shadow-searches", "searches")
    assert not {"entryId", "entryPrompt", "similarity", "refusal"} & found.keys()


async def test_rate_needs_something_that_verifies(boot, cache):
    await boot.patch(cache, json={"verification": "off"})
    refused = await boot.patch(cache, json={"maxFalseHitRate": 0.02})
    assert refused.status_code == 400
    assert [fault["field"] for fault in refused.json()["fields"]] == ["maxFalseHitRate"]


@pytest.mark.parametrize(
    ("scope", "may_look", "may_report"),
    [("read", True, False), ("write", False, True), ("admin", False, False)],
)
async def test_key_needs_the_scope(boot, servers, cache, entry, scope, may_look, may_report):
    asked = {"scopes": [scope], "caches": ["*"]}
    secret = (await boot.post("/v1/admin/keys", json=asked)).json()["secret"]
    async with client_of(servers, secret) as client:
        looks = [
            (await client.get(f"{cache}/{path}")).status_code
            for path in ("stats", "reports", "shadow-searches")
        ]
        body = {"prompt": QUESTION, "verdict": "right"}
        reports = [
            (await client.post(f"{entry}/reports", json=body)).status_code,
            (await client.post(f"{cache}/entries/{entry.rpartition('/')[2]}/release")).status_code,
        ]
    assert looks == [200 if may_look else 403] * 3
    assert reports == [200 if may_report else 403] * 2
