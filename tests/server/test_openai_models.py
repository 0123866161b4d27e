"""A server whose model is behind an OpenAI-compatible endpoint."""

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

import nearhit
from encoders.openai_server import embed, openai_server, refuse
from nearhit_server.app import StartupError, open_application
from nearhit_server.app.models import make_models
from nearhit_server.clocks import SystemClock
from nearhit_server.core.observing import UNOBSERVED
from nearhit_server.settings import Settings
from polling import until

KEY = "sk-a-secret"
PROMPT = "How do I reset my password?"
SEMANTIC = [nearhit.Strategy.SEMANTIC]


@pytest.fixture
async def endpoint():
    async with openai_server() as server:
        yield server


def settings_for(endpoint, folder, **changes):
    usual = {
        "grpc": "127.0.0.1:0",
        "http": "off",
        "data_dir": folder,
        "model": "openai:text-embedding-3-small",
        "openai_base_url": endpoint.base_url,
        "openai_api_key": KEY,
        "openai_max_input_tokens": 100,
    }
    return Settings(**usual | changes)


@pytest.fixture
async def served(endpoint, tmp_path):
    """A client of a server on the endpoint, and whether the server's health is SERVING."""
    async with (
        open_application(settings_for(endpoint, tmp_path)) as server,
        nearhit.AsyncClient(
            server.grpc.address, timeout=20, options=[("grpc.enable_retries", 0)]
        ) as client,
        grpc.aio.insecure_channel(server.grpc.address) as channel,
    ):
        health = health_pb2_grpc.HealthStub(channel)

        async def is_serving():
            answer = await health.Check(health_pb2.HealthCheckRequest())
            return answer.status == health_pb2.HealthCheckResponse.SERVING

        yield client, is_serving


async def test_prompts_are_embedded_by_the_endpoint(endpoint, served):
    client, _ = served

    await client.store(PROMPT, "an answer")
    hit = await client.search(PROMPT, strategies=SEMANTIC)
    miss = await client.search("something else", strategies=SEMANTIC)

    assert hit.matches[0].similarity == 1
    assert isinstance(miss, nearhit.Miss)
    assert miss.nearest_similarity < 0.9
    # The first one told the dimension; the same text is not sent again.
    assert endpoint.inputs()[1:] == [[PROMPT], ["something else"]]
    assert (await client.get_cache("default")).model == "text-embedding-3-small"


async def test_many_texts_are_few_requests(endpoint, served):
    client, _ = served
    texts = [f"text {number}" for number in range(300)]

    embeddings = await client.embed(texts)

    assert len(embeddings) == 300
    assert len(endpoint.requests) == 1 + 10
    assert endpoint.most_at_once <= 8


async def test_prompt_longer_than_the_endpoint_reads_is_found_exactly(endpoint, served):
    client, _ = served

    stored = await client.store("é" * 51, "an answer")

    assert stored.exact_only_reason is nearhit.ExactOnlyReason.PROMPT_EXCEEDS_WINDOW
    assert isinstance(await client.search("é" * 51), nearhit.Hit)
    assert len(endpoint.requests) == 1


async def test_health_follows_an_endpoint_that_fails(endpoint, served, capsys):
    client, is_serving = served
    endpoint.always = refuse(401, {"code": "invalid_api_key", "message": KEY})

    with pytest.raises(nearhit.UnavailableError) as failure:
        await client.search(PROMPT)

    assert failure.value.reason == "EMBEDDING_FAILED"
    await until(lambda: _not(is_serving))
    endpoint.always = embed
    await until(is_serving)
    assert isinstance(await client.search(PROMPT), nearhit.Miss)
    output = capsys.readouterr()
    assert "invalid_api_key" in output.out
    assert KEY not in output.out + output.err + str(failure.value)


async def test_health_follows_an_endpoint_that_is_back_without_any_traffic(endpoint, served):
    client, is_serving = served
    endpoint.always = refuse(503, retry_after="60")
    with pytest.raises(nearhit.UnavailableError):
        await client.search(PROMPT)
    await until(lambda: _not(is_serving))

    endpoint.always = embed

    # The documented time, and as much again for a busy machine.
    await until(is_serving, seconds=14)


async def _not(condition):
    return not await condition()


async def test_health_checks_cost_no_request_while_all_is_well(endpoint, tmp_path):
    settings = settings_for(endpoint, tmp_path)
    async with make_models(settings, None, SystemClock(), UNOBSERVED) as models:
        for _ in range(3):
            await models.check()

    # The one that asks how long vectors are.
    assert len(endpoint.requests) == 1


async def test_models_by_name_share_the_endpoint(endpoint, tmp_path):
    settings = settings_for(endpoint, tmp_path, models={"large": "openai:text-embedding-3-large"})
    async with (
        open_application(settings) as server,
        nearhit.AsyncClient(server.grpc.address, cache="faq") as client,
    ):
        await client.create_cache("faq", model="large")
        await client.store(PROMPT, "an answer")

    assert [request.body["model"] for request in endpoint.requests] == [
        "text-embedding-3-small",
        *["text-embedding-3-large"] * 2,
    ]


async def test_server_does_not_start_when_the_key_is_wrong(endpoint, tmp_path):
    endpoint.always = refuse(401, {"code": "invalid_api_key"})

    with pytest.raises(StartupError, match=r"'text-embedding-3-small'.*invalid_api_key") as failure:
        async with open_application(settings_for(endpoint, tmp_path)):
            pass

    assert KEY not in str(failure.value)


async def test_server_starts_without_its_endpoint_when_the_dimension_is_set(endpoint, tmp_path):
    settings = settings_for(endpoint, tmp_path, openai_dimensions=8)
    endpoint.always = refuse(503)
    async with (
        open_application(settings) as server,
        nearhit.AsyncClient(server.grpc.address) as client,
    ):
        assert (await client.get_cache("default")).dimension == 8
    assert endpoint.requests == []


async def test_caches_without_a_model_need_no_endpoint(endpoint, tmp_path):
    settings = settings_for(endpoint, tmp_path, openai_dimensions=8)
    endpoint.always = refuse(503)
    async with (
        open_application(settings) as server,
        nearhit.AsyncClient(server.grpc.address, cache="own") as client,
    ):
        await client.create_cache("own", dimension=3)
        await client.store(PROMPT, "an answer", vector=[1, 0, 0])
        hit = await client.search(vector=[2, 0, 0])
        answer = await client.get_or_compute("another", lambda _: "unused", vector=[3, 0, 0])

    assert hit.matches[0].entry.response == answer == "an answer"
    assert endpoint.requests == []
