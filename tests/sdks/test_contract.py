"""What LangCache's API promises beyond what the SDKs look at, over plain HTTP."""

import json

import httpx
import pytest

from nearhit import Strategy
from sdks.python_sdk import ENTRY_ID
from sdks.servers import url_of
from server.keys.keyed_servers import BOOT_KEY

QUESTION = "How do I reset my password?"
PARAPHRASE = "I forgot my password, how do I reset it?"
ATTRIBUTES = {"lang": "en"}

CURLS_DEFAULT = "application/x-www-form-urlencoded"

RETURN_REPRESENTATION = {"prefer": "return=representation"}


def told(response, status=200):
    """The JSON of a response, which has to be as the SDKs need it."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert None not in flattened(body)
    return body


def flattened(value):
    """Every value within a value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [leaf for item in value for leaf in flattened(item)]
    return [value]


@pytest.fixture
async def stored(http):
    """The id of the entry for QUESTION."""
    body = {"prompt": QUESTION, "response": "answer", "attributes": ATTRIBUTES}
    return told(await http.post("entries", json=body), 201)["entryId"]


@pytest.mark.parametrize("call", ["entries/search", "conversations/search"])
async def test_hit_has_the_older_members_beside_the_newer(http, stored, call):
    body = {"prompt": QUESTION, "searchStrategies": ["exact"]}
    answer = told(await http.post(call, json=body))
    entry = {
        "id": stored,
        "prompt": QUESTION,
        "response": "answer",
        "attributes": ATTRIBUTES,
        "similarity": 1.0,
        "searchStrategy": "exact",
    }
    older = {name: entry[name] for name in ("prompt", "response", "similarity", "attributes")}
    assert answer.pop("actualPrompt", QUESTION) == QUESTION
    assert answer == {"data": [entry], "hit": True, "entryId": stored, **older}


async def test_older_members_of_a_hit_are_those_of_the_best(http, stored):
    await http.post("entries", json={"prompt": PARAPHRASE, "response": "another"})
    body = {"prompt": QUESTION, "maxResults": 2, "similarityThreshold": 0.5}
    answer = told(await http.post("entries/search", json=body))
    assert [entry["response"] for entry in answer["data"]] == ["answer", "another"]
    assert (answer["entryId"], answer["response"]) == (stored, "answer")


async def test_entry_without_attributes_has_empty_ones(http):
    await http.post("entries", json={"prompt": QUESTION, "response": ""})
    answer = told(await http.post("entries/search", json={"prompt": QUESTION}))
    assert answer["attributes"] == answer["data"][0]["attributes"] == {}
    assert answer["response"] == answer["data"][0]["response"] == ""


async def test_miss_has_the_older_member_and_no_other(http):
    body = {"prompt": QUESTION}
    assert told(await http.post("entries/search", json=body)) == {"data": [], "hit": False}
    assert told(await http.post("conversations/search", json=body)) == {
        "data": [],
        "hit": False,
        "actualPrompt": QUESTION,
    }


async def test_set_says_whether_the_entry_is_new(http):
    body = {"prompt": QUESTION, "response": "answer"}
    first = told(await http.post("entries", json=body), 201)
    assert first == {"entryId": first["entryId"], "created": True}
    again = told(await http.post("entries", json=body), 201)
    assert again == {"entryId": first["entryId"], "created": False}


async def test_delete_query_counts_under_both_names(http, stored):
    for count in (1, 0):
        answer = told(await http.request("DELETE", "entries", json={"attributes": ATTRIBUTES}))
        assert answer == {"deletedEntriesCount": count, "deletedCount": count}


async def test_delete_by_id_and_flush_answer_nothing(http, stored):
    for answer in (await http.delete(f"entries/{stored}"), await http.post("flush")):
        assert (answer.status_code, answer.content) == (204, b"")
        assert "content-type" not in answer.headers


@pytest.mark.parametrize(
    "preference", ["return=representation", "Respond-Async, return = Representation; x=1"]
)
async def test_delete_by_id_and_flush_answer_the_older_bodies_to_who_prefers_them(
    http, stored, preference
):
    prefer = {"prefer": preference}
    deleted = await http.delete(f"entries/{stored}", headers=prefer)
    assert told(deleted) == {"deleted": True}
    flushed = await http.post("flush", headers=prefer)
    assert told(flushed) == {"flushed": True}
    assert flushed.headers["preference-applied"] == "return=representation"


async def test_preference_does_not_turn_a_failure_into_a_success(http):
    answer = await http.delete(f"entries/{ENTRY_ID}", headers=RETURN_REPRESENTATION)
    assert told(answer, 404)["error"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize("preference", ["return=minimal", "return=minimal, return=representation"])
async def test_other_preferences_change_nothing(http, preference):
    answer = await http.post("flush", headers={"prefer": preference})
    assert answer.status_code == 204


@pytest.mark.parametrize("content_type", [CURLS_DEFAULT, "text/plain", "", None])
async def test_body_is_json_whatever_its_content_type_says(http, content_type):
    headers = {} if content_type is None else {"content-type": content_type}
    body = json.dumps({"prompt": QUESTION, "response": "answer"}).encode()
    told(await http.post("entries", content=body, headers=headers), 201)
    found = await http.post("entries/search", content=b'{"prompt": "%b"}' % QUESTION.encode())
    assert told(found)["hit"]


async def test_empty_cookie_and_an_empty_body_are_no_matter(http):
    headers = {"cookie": "", "content-type": "application/json"}
    assert (await http.post("flush", content=b"", headers=headers)).status_code == 204


async def test_delete_query_without_attributes_points_to_flush(http, stored):
    for body in (b"", b"{}", b'{"attributes": {}}'):
        refused = told(await http.request("DELETE", "entries", content=body), 400)
        assert "flush" in refused["detail"].lower()
        assert [fault["field"] for fault in refused["fields"]] == ["attributes"]
    assert told(await http.post("entries/search", json={"prompt": QUESTION}))["hit"]


@pytest.mark.parametrize("member", ["similarityThreshold", "searchStrategies", "attributes"])
async def test_null_is_refused_where_a_member_can_be_left_out(http, member):
    refused = told(await http.post("entries/search", json={"prompt": "p", member: None}), 400)
    assert [fault["field"] for fault in refused["fields"]] == [member]


@pytest.mark.parametrize("verb", ["search", "set", "delete query"])
async def test_cache_that_declares_no_attributes_says_so_in_the_agreed_words(
    http, client, cache_id, verb
):
    await client.update_cache(cache_id, restrict_attributes=True)
    method, path, body = {
        "search": ("POST", "entries/search", {"prompt": "p"}),
        "set": ("POST", "entries", {"prompt": "p", "response": "r"}),
        "delete query": ("DELETE", "entries", {}),
    }[verb]
    refused = told(await http.request(method, path, json=body | {"attributes": ATTRIBUTES}), 400)
    assert refused["detail"] == "attributes: no attributes are configured for this cache."
    assert refused["type"] == "/errors/invalid-data"


async def test_strategy_is_semantic_unless_the_search_says_else(http, client, cache_id, stored):
    for order in ([Strategy.EXACT, Strategy.SEMANTIC], [Strategy.SEMANTIC, Strategy.EXACT]):
        await client.update_cache(cache_id, strategies=order)
        for body in ({"prompt": QUESTION}, {"prompt": QUESTION, "searchStrategies": []}):
            answer = told(await http.post("entries/search", json=body))
            assert answer["data"][0]["searchStrategy"] == "semantic"


async def test_error_has_both_shapes(http):
    refused = told(await http.post("entries/search", json={"prompt": ""}), 400)
    (fault,) = refused.pop("fields")
    assert set(fault) == {"field", "rule", "message"}
    detail = f"prompt: {fault['message']}"
    assert refused == {
        "title": refused["title"],
        "type": "/errors/invalid-data",
        "status": 400,
        "detail": detail,
        "error": {"code": "INVALID_REQUEST", "message": detail},
    }


async def test_health_tells_of_the_cache(http, servers):
    assert told(await http.get("health")) == {"status": "ok"}
    elsewhere = f"{url_of(servers)}/v1/caches/no-such-cache/health"
    assert told(await http.get(elsewhere), 404)["error"]["code"] == "NOT_FOUND"


NEWER, CACHE, ENTRY = (
    "/errors/resource-not-found",
    "/errors/cache/not-found",
    "/errors/cache/entry/not-found",
)


@pytest.mark.parametrize(
    ("user_agent", "cache_type", "entry_type"),
    [
        ("speakeasy-sdk/python 0.14.0 2.881.4 1.0.0 langcache", NEWER, NEWER),
        ("speakeasy-sdk/python 0.12.0 2.700.1 1.0.0 langcache", NEWER, NEWER),
        ("speakeasy-sdk/python 1.0.0 2.881.4 1.0.0 langcache", NEWER, NEWER),
        ("speakeasy-sdk/python 0.11.1 2.700.1 1.0.0 langcache", CACHE, ENTRY),
        ("speakeasy-sdk/typescript 0.11.1 2.760.2 @redis-ai/langcache", CACHE, ENTRY),
        ("curl/8.5.0", CACHE, ENTRY),
        ("", CACHE, ENTRY),
    ],
)
async def test_type_of_a_404_is_the_one_that_the_client_knows(
    http, servers, user_agent, cache_type, entry_type
):
    headers = {"user-agent": user_agent}
    for name in ("no-such-cache", "no/such/cache"):
        url = f"{url_of(servers)}/v1/caches/{name}/flush"
        assert told(await http.post(url, headers=headers), 404)["type"] == cache_type
    missing = await http.delete(f"entries/{ENTRY_ID}", headers=headers)
    assert told(missing, 404)["type"] == entry_type


async def test_every_response_under_a_limit_says_how_it_stands(limited):
    base = f"{url_of(limited)}/v1/caches/"
    headers = {"authorization": f"Bearer {BOOT_KEY}"}
    body = {"prompt": QUESTION, "response": "answer"}
    calls = {
        200: ("POST", "default/entries/search", b'{"prompt": "p"}'),
        201: ("POST", "default/entries", json.dumps(body).encode()),
        204: ("POST", "default/flush", b""),
        429: ("POST", "default/flush", b""),
        400: ("POST", "nonsense/entries", b"{"),
        404: ("POST", "nowhere/flush", b""),
        413: ("POST", "large/entries", b" " * 20_000_000),
    }
    async with httpx.AsyncClient(base_url=base, headers=headers, trust_env=False) as http:
        for status, (method, path, content) in calls.items():
            answer = await http.request(method, path, content=content)
            assert answer.status_code == status
            assert answer.headers["x-ratelimit-limit"] == "3"
            left = {200: "2", 201: "1", 204: "0", 429: "0", 400: "2", 404: "2", 413: "2"}[status]
            assert answer.headers["x-ratelimit-remaining"] == left
            assert answer.headers["x-ratelimit-reset"].isdigit()
            assert ("retry-after" in answer.headers) is (status == 429)


async def test_no_response_speaks_of_a_limit_where_there_is_none(http):
    answer = await http.post("entries/search", json={"prompt": QUESTION})
    assert not [name for name in answer.headers if name.startswith("x-ratelimit")]
