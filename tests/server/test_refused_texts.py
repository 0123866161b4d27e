"""A text that the model's endpoint refuses, among others of the same call."""

import pytest

import nearhit
from encoders.openai_server import embed, openai_server, refuse
from nearhit_server.app import open_application
from nearhit_server.settings import Settings

BAD = "a bad text"
SEMANTIC = [nearhit.Strategy.SEMANTIC]


async def particular(request):
    """Refuses requests with a certain text."""
    behave = refuse(400) if BAD in request.body["input"] else embed
    return await behave(request)


@pytest.fixture
async def client(tmp_path):
    async with openai_server() as endpoint:
        endpoint.always = particular
        settings = Settings(
            grpc="127.0.0.1:0",
            http="off",
            data_dir=tmp_path,
            model="openai:small",
            openai_base_url=endpoint.base_url,
        )
        async with (
            open_application(settings) as server,
            nearhit.AsyncClient(
                server.grpc.address, timeout=20, options=[("grpc.enable_retries", 0)]
            ) as client,
        ):
            yield client


def assert_refused(error):
    assert isinstance(error, nearhit.UnavailableError)
    assert (error.reason, error.message) == ("EMBEDDING_FAILED", "the model refuses this text")


async def test_batch_store_keeps_the_other_entries(client):
    entries = [nearhit.NewEntry(prompt, "an answer") for prompt in ("one", BAD, "two")]

    first, refused, second = await client.store_many(entries)

    assert_refused(refused)
    assert first.created
    assert second.created
    for prompt in ("one", "two"):
        assert isinstance(await client.search(prompt, strategies=SEMANTIC), nearhit.Hit)
    # Nothing is kept of the other.
    exact = [nearhit.Strategy.EXACT]
    assert isinstance(await client.search(BAD, strategies=exact), nearhit.Miss)


async def test_batch_search_answers_the_other_searches(client):
    await client.store("one", "an answer")
    queries = [nearhit.Query(prompt, strategies=SEMANTIC) for prompt in (BAD, "one", "two")]

    refused, hit, miss = await client.search_many(queries)

    assert_refused(refused)
    assert isinstance(hit, nearhit.Hit)
    assert isinstance(miss, nearhit.Miss)


async def test_text_is_missing_among_the_embeddings_of_others(client):
    first, refused, second = await client.embed(["one", BAD, "two"])

    assert refused is None
    assert len(first.vector) == len(second.vector) == 8


@pytest.mark.parametrize("texts", [[BAD], [BAD, BAD]])
async def test_call_fails_where_every_text_is_refused(client, texts):
    with pytest.raises(nearhit.UnavailableError) as failure:
        await client.embed(texts)
    assert_refused(failure.value)


async def test_calls_of_one_text_fail(client):
    stored = await client.store("one", "an answer")

    calls = [
        client.search(BAD),
        client.store(BAD, "an answer"),
        client.update(stored.entry_id, prompt=BAD),
    ]

    for call in calls:
        with pytest.raises(nearhit.UnavailableError) as failure:
            await call
        assert_refused(failure.value)
