"""Every error class of LangCache's SDK for Python, from every method, on both stores."""

import asyncio
import time

import pytest
from langcache import errors
from structlog.testing import capture_logs

from nearhit import KeyScope
from sdks.python_sdk import CALLS, ENTRY_ID, PROMPT
from sdks.servers import langcache_server
from server.keys.keyed_servers import secret_of

READING = ["search", "conversational_search"]
WRITING = ["set", "delete_by_id", "delete_query", "flush"]

INVALID = [
    ("search", {"prompt": ""}, "prompt"),
    ("search", {"prompt": "x" * 8_193}, "prompt"),
    ("search", {"prompt": "p", "similarity_threshold": 1.5}, "similarityThreshold"),
    ("search", {"prompt": "p", "search_strategies": ["fuzzy"]}, "searchStrategies[0]"),
    ("search", {"prompt": "p", "max_results": 0}, "maxResults"),
    ("search", {"prompt": "p", "attributes": {"a b": "v"}}, "attributes['a b']"),
    ("conversational_search", {"prompt": "p", "context": ["c"] * 33}, "context"),
    ("conversational_search", {"prompt": "p", "context": ["c" * 8_193]}, "context[0]"),
    ("set", {"prompt": " ", "response": "r"}, "prompt"),
    ("set", {"prompt": "p", "response": "x" * ((1 << 20) + 1)}, "response"),
    ("set", {"prompt": "p", "response": "r", "ttl_millis": 0}, "ttlMillis"),
    ("set", {"prompt": "p", "response": "r", "ttl_millis": 31_556_952_001}, "ttlMillis"),
    ("set", {"prompt": "p", "response": "r", "attributes": {"a": ""}}, "attributes['a']"),
    ("delete_by_id", {"entry_id": "no-id"}, "entryId"),
    ("delete_query", {"attributes": {}}, "attributes"),
    ("delete_query", {"attributes": {"a": "x" * 501}}, "attributes['a']"),
]


async def refusal(sdk, method, error, status, type_, **arguments):
    """How a method fails, which has to be with this error, in full."""
    with pytest.raises(error) as raised:
        await getattr(sdk, method)(**(arguments or CALLS[method]))
    refused = raised.value
    assert refused.status_code == refused.data.status == status
    assert refused.data.type == type_
    assert refused.data.title
    assert refused.data.detail
    return refused


@pytest.mark.parametrize(("method", "arguments", "field"), INVALID)
async def test_bad_request_names_its_field(sdk, method, arguments, field):
    error = errors.BadRequestErrorResponseContent
    refused = await refusal(sdk, method, error, 400, "/errors/invalid-data", **arguments)
    (fault,) = refused.data.fields
    assert fault.field == field
    assert fault.rule
    assert refused.data.detail == f"{field}: {fault.message}"


@pytest.mark.parametrize("api_key", ["wrong", None])
async def test_every_method_fails_without_a_good_key(servers, make_sdk, api_key):
    error = errors.AuthenticationErrorResponseContent
    async with make_sdk(servers, api_key=api_key) as sdk:
        for method in CALLS:
            refused = await refusal(sdk, method, error, 401, "/errors/authentication-failed")
            assert refused.headers["www-authenticate"] == "Bearer"


async def test_every_method_fails_with_a_key_that_does_not_allow_it(servers, client, make_sdk):
    error = errors.ForbiddenErrorResponseContent
    reader = await secret_of(client, KeyScope.READ)
    writer = await secret_of(client, KeyScope.WRITE)
    elsewhere = await secret_of(client, *KeyScope, caches=["another-cache"])
    for secret, methods in ((reader, WRITING), (writer, READING), (elsewhere, CALLS)):
        async with make_sdk(servers, api_key=secret) as sdk:
            for method in methods:
                await refusal(sdk, method, error, 403, "/errors/insufficient-permissions")


@pytest.mark.parametrize("name", ["no-such-cache", "no/such/cache"])
async def test_every_method_finds_no_cache_that_does_not_exist(servers, make_sdk, name):
    error = errors.NotFoundErrorResponseContent
    async with make_sdk(servers, cache_id=name) as sdk:
        for method in CALLS:
            await refusal(sdk, method, error, 404, "/errors/resource-not-found")


async def test_entry_that_does_not_exist_is_not_found(sdk):
    error = errors.NotFoundErrorResponseContent
    refused = await refusal(sdk, "delete_by_id", error, 404, "/errors/resource-not-found")
    assert ENTRY_ID in refused.data.detail


async def test_body_of_twenty_megabytes_is_too_large(sdk):
    error = errors.PayloadTooLargeErrorResponseContent
    large = {"prompt": "p", "response": "x" * 20_000_000}
    await refusal(sdk, "set", error, 413, "/errors/payload-too-large", **large)
    assert (await sdk.search(prompt="p")).data == []


async def test_every_method_fails_when_the_store_is_out_of_reach(storeless, make_sdk):
    error = errors.FailedDependencyErrorResponseContent
    unavailable = "/errors/database/resource-database-unavailable"
    async with make_sdk(storeless, cache_id="default") as sdk:
        # All at once: each takes the time that Redis is given.
        await asyncio.gather(*(refusal(sdk, method, error, 424, unavailable) for method in CALLS))


async def test_set_fails_when_the_store_is_full(start_redis, tmp_path, tiny_model, make_sdk):
    error = errors.FailedDependencyErrorResponseContent
    redis = start_redis()
    async with (
        langcache_server(redis.url, tmp_path, model=str(tiny_model)) as servers,
        make_sdk(servers, cache_id="default") as sdk,
    ):
        with redis.client() as inside:
            inside.config_set("maxmemory", 1)
        await refusal(sdk, "set", error, 424, "/errors/database/out-of-memory")
        assert (await sdk.search(prompt=PROMPT)).data == []


async def test_every_method_fails_past_the_rate_limit(limited, make_sdk, cache_id):
    error = errors.TooManyRequestsErrorResponseContent
    for method in CALLS:
        async with make_sdk(limited, cache_id=f"{cache_id}-{method}") as sdk:
            for remaining in ("2", "1", "0"):
                with pytest.raises(errors.NotFoundErrorResponseContent) as let_in:
                    await getattr(sdk, method)(**CALLS[method])
                assert let_in.value.headers["x-ratelimit-remaining"] == remaining
            began = time.time()
            headers = (await refusal(sdk, method, error, 429, "/errors/too-many-requests")).headers
        assert 1 <= int(headers["retry-after"]) <= 600
        assert headers["x-ratelimit-limit"] == "3"
        assert headers["x-ratelimit-remaining"] == "0"
        assert began < int(headers["x-ratelimit-reset"]) < began + 660


async def test_every_method_fails_without_details_when_the_server_has_a_fault(faulty, make_sdk):
    error = errors.UnexpectedErrorResponseContent
    async with make_sdk(faulty, cache_id="fails") as sdk:
        with capture_logs() as logs:
            refusals = [
                await refusal(sdk, method, error, 500, "/errors/unexpected-error")
                for method in CALLS
            ]
    logged = [line["request_id"] for line in logs if line["event"] == "internal error"]
    for refused, request_id in zip(refusals, logged, strict=True):
        assert refused.data.detail == f"internal error; request id {request_id}"
        assert refused.headers["x-request-id"] == request_id
        assert "hunter2" not in refused.body


@pytest.mark.parametrize(("cache", "status"), [("goes-away", 503), ("hangs", 504)])
async def test_what_has_no_class_of_its_own_is_an_api_error(faulty, make_sdk, cache, status):
    async with make_sdk(faulty, cache_id=cache) as sdk:
        with pytest.raises(errors.APIError) as raised:
            await sdk.search(prompt="p")
    assert raised.value.status_code == status
    assert '"UNAVAILABLE"' in raised.value.body
