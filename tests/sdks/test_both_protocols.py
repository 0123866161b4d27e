"""One cache behind two protocols: what is done over one is there for the next call of the other."""

import pytest
from langcache import errors

import nearhit
from nearhit import Hit, KeyScope, Miss, Strategy
from sdks.python_sdk import PythonSdk
from sdks.servers import url_of
from server.keys.keyed_servers import BOOT_KEY, secret_of

QUESTION = "How do I reset my password?"
PARAPHRASE = "I forgot my password, how do I reset it?"
ATTRIBUTES = {"lang": "en", "tier": "free"}

each_prompt = pytest.mark.parametrize(
    ("prompt", "strategy"),
    [(QUESTION, Strategy.EXACT), (PARAPHRASE, Strategy.SEMANTIC)],
    ids=["exact", "semantic"],
)


@pytest.fixture
async def rest(servers, client, cache_id):
    """LangCache's SDK on the cache of `client`, which speaks gRPC."""
    async with PythonSdk("async", url_of(servers), cache_id=cache_id, api_key=BOOT_KEY) as sdk:
        yield sdk


async def found(rest, prompt, strategy, **options):
    options |= {"search_strategies": [strategy.name.lower()]}
    return (await rest.search(prompt=prompt, **options)).data


@each_prompt
async def test_entry_stored_over_grpc_is_found_over_rest(client, rest, prompt, strategy):
    # A dozen, so that nothing that comes a moment late goes unnoticed.
    for number in range(12):
        attributes = ATTRIBUTES | {"number": str(number)}
        stored = await client.store(QUESTION, f"answer {number}", attributes=attributes)
        (entry,) = await found(rest, prompt, strategy, attributes=attributes)
        assert (entry.id, entry.prompt) == (stored.entry_id, QUESTION)
        assert (entry.response, entry.attributes) == (f"answer {number}", attributes)


@each_prompt
async def test_entry_set_over_rest_is_found_over_grpc(client, rest, prompt, strategy):
    for number in range(12):
        attributes = ATTRIBUTES | {"number": str(number)}
        stored = await rest.set(prompt=QUESTION, response=f"answer {number}", attributes=attributes)
        hit = await client.search(prompt, strategies=[strategy], attributes=attributes)
        (match,) = hit.matches
        assert (match.entry.entry_id, match.entry.prompt) == (stored.entry_id, QUESTION)
        assert match.entry.response == f"answer {number}"
        assert match.entry.attributes == attributes


async def test_both_protocols_tell_the_same_similarity(client, rest):
    await client.store(QUESTION, "answer")
    (match,) = (await client.search(PARAPHRASE)).matches
    (entry,) = await found(rest, PARAPHRASE, Strategy.SEMANTIC)
    assert entry.similarity == pytest.approx(match.similarity, abs=1e-6)


async def test_same_prompt_and_attributes_are_the_same_entry_over_both(client, rest):
    stored = await client.store(QUESTION, "old", attributes=ATTRIBUTES)
    replaced = await rest.set(prompt=QUESTION, response="new", attributes=ATTRIBUTES)
    assert replaced.entry_id == stored.entry_id
    again = await client.store(QUESTION, "newest", attributes=ATTRIBUTES)
    assert (again.entry_id, again.created) == (stored.entry_id, False)
    (entry,) = await found(rest, QUESTION, Strategy.EXACT, max_results=9)
    assert entry.response == "newest"


async def test_entry_deleted_over_one_is_gone_over_the_other(client, rest):
    stored = await client.store(QUESTION, "answer", attributes=ATTRIBUTES)
    await rest.delete_by_id(entry_id=stored.entry_id)
    assert isinstance(await client.search(QUESTION), Miss)
    stored = await rest.set(prompt=QUESTION, response="answer")
    assert await client.delete(entry_ids=[stored.entry_id]) == 1
    for strategy in Strategy:
        assert await found(rest, QUESTION, strategy) == []
    with pytest.raises(errors.NotFoundErrorResponseContent):
        await rest.delete_by_id(entry_id=stored.entry_id)


async def test_delete_query_removes_what_was_stored_over_both(client, rest):
    await client.store(QUESTION, "answer", attributes=ATTRIBUTES)
    await rest.set(prompt=PARAPHRASE, response="answer", attributes=ATTRIBUTES)
    deleted = await rest.delete_query(attributes=ATTRIBUTES)
    assert deleted.deleted_entries_count == 2
    assert isinstance(await client.search(QUESTION), Miss)


async def test_flush_over_one_is_seen_by_the_other(client, rest):
    await client.store(QUESTION, "answer")
    await rest.flush()
    assert isinstance(await client.search(QUESTION), Miss)
    await rest.set(prompt=QUESTION, response="answer")
    assert isinstance(await client.search(QUESTION), Hit)
    assert await client.flush() == 1
    for strategy in Strategy:
        assert await found(rest, QUESTION, strategy) == []


async def test_settings_changed_over_grpc_hold_for_the_next_rest_call(client, rest, cache_id):
    await client.store(QUESTION, "answer")
    assert await found(rest, PARAPHRASE, Strategy.SEMANTIC)
    await client.update_cache(cache_id, similarity_threshold=1.0)
    assert await found(rest, PARAPHRASE, Strategy.SEMANTIC) == []
    await client.delete_cache(cache_id)
    with pytest.raises(errors.NotFoundErrorResponseContent):
        await rest.search(prompt=QUESTION)


async def test_key_made_over_grpc_is_good_over_rest(servers, client, cache_id):
    secret = await secret_of(client, KeyScope.WRITE, caches=[cache_id])
    async with PythonSdk("async", url_of(servers), cache_id=cache_id, api_key=secret) as writer:
        await writer.set(prompt=QUESTION, response="answer")
        with pytest.raises(errors.ForbiddenErrorResponseContent):
            await writer.search(prompt=QUESTION)
    assert isinstance(await client.search(QUESTION), Hit)


async def test_key_made_over_rest_is_good_over_grpc(servers, client, http, cache_id):
    admin = f"{url_of(servers)}/v1/admin/keys"
    answer = await http.post(admin, json={"scopes": ["read"], "caches": [cache_id]})
    secret = answer.json()["secret"]
    async with nearhit.AsyncClient(servers.grpc.address, cache=cache_id, api_key=secret) as reader:
        assert isinstance(await reader.search(QUESTION), Miss)
        with pytest.raises(nearhit.PermissionDeniedError):
            await reader.store(QUESTION, "answer")


async def test_rate_limit_counts_calls_of_both_protocols(limited, cache_id):
    async with (
        nearhit.AsyncClient(limited.grpc.address, cache=cache_id, api_key=BOOT_KEY) as client,
        PythonSdk("async", url_of(limited), cache_id=cache_id, api_key=BOOT_KEY) as rest,
    ):
        for _ in range(2):
            with pytest.raises(nearhit.NotFoundError):
                await client.search(QUESTION)
        with pytest.raises(errors.NotFoundErrorResponseContent):
            await rest.search(prompt=QUESTION)
        with pytest.raises(errors.TooManyRequestsErrorResponseContent):
            await rest.search(prompt=QUESTION)
        with pytest.raises(nearhit.ResourceExhaustedError):
            await client.search(QUESTION)
