"""Bodies and queries that are refused: each names the field at fault, and none is an error of
ours."""

import json
import re
import time

import pytest

from api.rest.apis import client_of, rest_api
from api.rest.bad_input import (
    CACHES,
    ENTRIES,
    FAULTS,
    GOOD,
    KEYS,
    NO_BODIES,
    PATCH,
    QUERIES,
    ROTATE,
    SEARCH,
    body,
    patch,
    report,
)


@pytest.fixture(scope="module")
async def client(tmp_path_factory, tiny_model):
    folder = tmp_path_factory.mktemp("bad-input")
    models = {"tiny": str(tiny_model)}
    async with (
        rest_api("embedded", data_dir=folder, model=tiny_model, models=models) as servers,
        client_of(servers) as client,
    ):
        yield client


def check_refusal(response, field=None, status=400):
    """The response says in both shapes, and in words that are nobody's insides, what is wrong."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    problem = response.json()
    assert problem["status"] == status
    assert problem["title"]
    assert problem["type"].startswith("/errors/")
    assert problem["error"]["code"]
    assert problem["error"]["message"] == problem["detail"]
    assert len(response.content) < 8_192
    for word in ("Input should", "should have", r"\bdict", "pydantic", "Traceback", r"sys\."):
        assert not re.search(word, problem["detail"])
    if field is not None:
        assert field in [fault["field"] for fault in problem["fields"]], problem["detail"]
        for fault in problem["fields"]:
            assert fault["rule"]
            assert fault["message"]


def told(value):
    return value[:40].decode("latin-1") if isinstance(value, bytes) else None


@pytest.mark.parametrize("route", GOOD, ids=" ".join)
async def test_body_that_is_none_is_refused(client, route):
    for name, content in NO_BODIES.items():
        started = time.monotonic()
        check_refusal(await client.request(*route, content=content), "body")
        assert time.monotonic() - started < 5, name


@pytest.mark.parametrize("route", GOOD, ids=" ".join)
async def test_field_that_is_not_known_is_refused(client, route):
    for fields in ({"unknown": None}, {f"unknown{n}": n for n in range(1_000)}):
        response = await client.request(*route, content=body(route, **fields))
        check_refusal(response, next(iter(fields)))


@pytest.mark.parametrize("route", GOOD, ids=" ".join)
async def test_body_of_20_megabytes_is_refused(client, route):
    response = await client.request(*route, content=b'{"prompt": "' + b"x" * 20_000_000)
    check_refusal(response, status=413)
    assert response.json()["error"]["code"] == "PAYLOAD_TOO_LARGE"


@pytest.mark.parametrize(("route", "content", "field"), FAULTS, ids=told)
async def test_refusal_names_the_field_at_fault(client, route, content, field):
    check_refusal(await client.request(*route, content=content), field)


@pytest.mark.parametrize("path", [CACHES, KEYS, f"{PATCH}/reports", f"{PATCH}/shadow-searches"])
async def test_query_that_is_not_understood_is_refused(client, path):
    for query, field in QUERIES:
        check_refusal(await client.get(f"{path}?{query}"), field)


async def test_empty_delete_query_points_to_flush(client):
    for content in (b"", b"{}", b'{"attributes": {}}'):
        response = await client.request("DELETE", ENTRIES, content=content)
        assert "flush" in response.json()["detail"].lower()


async def test_attributes_that_no_cache_declares_are_refused_in_the_words_people_match(client):
    await client.post(CACHES, json={"cacheId": "strict", "restrictAttributes": True})
    for path, more in (("entries/search", {}), ("entries", {"response": "r"})):
        sent = {"prompt": "p", "attributes": {"a": "b"}} | more
        response = await client.post(f"/v1/caches/strict/{path}", json=sent)
        check_refusal(response, "attributes")
        assert response.json()["detail"] == (
            "attributes: no attributes are configured for this cache."
        )


@pytest.mark.parametrize("cache_id", ["A", "a%20b", "%00", "%ff", "x" * 65, "%E2%80%AE", "-"])
async def test_malformed_cache_id_is_refused(client, cache_id):
    for verb, path in (
        *(("POST", "entries/search"), ("POST", "conversations/search"), ("POST", "entries")),
        *(("DELETE", "entries"), ("POST", "flush"), ("GET", "health")),
        ("DELETE", f"entries/{'0' * 32}"),
    ):
        sent = {"prompt": "p"} if verb == "POST" else {"attributes": {"a": "b"}}
        sent |= {"response": "r"} if path == "entries" and verb == "POST" else {}
        content = json.dumps(sent)
        response = await client.request(verb, f"/v1/caches/{cache_id}/{path}", content=content)
        check_refusal(response, "cacheId")
    for verb, path in (
        *(("GET", ""), ("DELETE", "")),
        *(("GET", "/stats"), ("GET", "/reports"), ("GET", "/shadow-searches")),
        ("POST", f"/entries/{'0' * 32}/release"),
    ):
        check_refusal(await client.request(verb, f"{CACHES}/{cache_id}{path}"), "cacheId")
    response = await client.post(
        f"/v1/caches/{cache_id}/entries/{'0' * 32}/reports", json=GOOD[report]
    )
    check_refusal(response, "cacheId")
    response = await client.patch(f"{CACHES}/{cache_id}", json=GOOD[patch])
    check_refusal(response, "cacheId")


@pytest.mark.parametrize("entry_id", ["0", "A" * 32, "0" * 33, "%00", "%ff", "search"])
async def test_malformed_entry_id_is_refused(client, entry_id):
    check_refusal(await client.delete(f"{ENTRIES}/{entry_id}"), "entryId")
    check_refusal(await client.post(f"{PATCH}/entries/{entry_id}/release"), "entryId")
    response = await client.post(f"{ENTRIES}/{entry_id}/reports", json=GOOD[report])
    check_refusal(response, "entryId")


async def test_what_is_not_there_is_not_found(client):
    for verb, path in (
        ("DELETE", f"{ENTRIES}/{'0' * 32}"),
        ("GET", "/v1/caches/nowhere/health"),
        ("POST", "/v1/caches/nowhere/flush"),
        ("GET", f"{CACHES}/nowhere"),
        ("DELETE", f"{CACHES}/nowhere"),
        ("GET", f"{CACHES}/nowhere/stats"),
        ("GET", f"{CACHES}/nowhere/reports"),
        ("GET", f"{CACHES}/nowhere/shadow-searches"),
        ("POST", f"{PATCH}/entries/{'0' * 32}/release"),
        ("POST", f"{KEYS}/{'0' * 16}/revoke"),
        ("POST", ROTATE),
        ("GET", "/nothing"),
        ("GET", "/v1/caches/a/b/health"),
    ):
        response = await client.request(verb, path)
        check_refusal(response, status=404)
        assert response.json()["error"]["code"] == "NOT_FOUND"


async def test_report_about_what_is_not_there_is_not_found(client):
    for cache_id in ("default", "nowhere"):
        path = f"/v1/caches/{cache_id}/entries/{'0' * 32}/reports"
        check_refusal(await client.post(path, json=GOOD[report]), status=404)


async def test_refused_bodies_change_nothing(client):
    entry = await client.post(ENTRIES, json={"prompt": "kept", "response": "r"})
    assert entry.status_code == 201
    before = [(await client.get(path)).json() for path in (CACHES, KEYS)]
    for route, content, _ in FAULTS:
        await client.request(*route, content=content)
    assert [(await client.get(path)).json() for path in (CACHES, KEYS)] == before


async def test_whole_numbers_may_be_written_as_others_are(client):
    content = b'{"prompt": "p", "maxResults": 1e1, "similarityThreshold": 1.0}'
    assert (await client.post(SEARCH, content=content)).status_code == 200
    content = b'{"prompt": "p", "maxResults": 10.0, "similarityThreshold": 1}'
    assert (await client.post(SEARCH, content=content)).status_code == 200


async def test_text_full_of_marks_is_no_structure(client):
    """The bound on a body's values is not one on its texts."""
    response = json.dumps(json.dumps([{"a": [1, '"', "\\"]}] * 10_000))
    content = b'{"prompt": "marks", "response": ' + response.encode() + b"}"
    assert (await client.post(ENTRIES, content=content)).status_code == 201
    found = await client.post(SEARCH, json={"prompt": "marks", "searchStrategies": ["exact"]})
    assert found.json()["response"] == json.loads(response)
