"""A server as it is put into a network: TLS and keys on both ports, everything counted."""

import ssl
from contextlib import asynccontextmanager

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

import nearhit
from nearhit_server.app import open_application
from nearhit_server.settings import Settings
from tls_files import Authority, write_pair

KEY = "a-key-that-may-do-everything"
QUESTION = "How do I reset my password?"


@pytest.fixture(scope="module")
def authority():
    return Authority()


@asynccontextmanager
async def secured_server(folder, authority, tiny_model, **settings):
    certificate, key = write_pair(folder, authority.issue())
    async with open_application(
        Settings(
            grpc="127.0.0.1:0",
            http="127.0.0.1:0",
            data_dir=folder / "data",
            model=str(tiny_model),
            device="cpu",
            tls_certificate=certificate,
            tls_key=key,
            api_keys=(KEY,),
            **settings,
        )
    ) as servers:
        yield servers


@pytest.fixture(scope="module")
async def servers(tmp_path_factory, authority, tiny_model):
    folder = tmp_path_factory.mktemp("secured")
    async with secured_server(folder, authority, tiny_model) as servers:
        yield servers


@pytest.fixture
async def http(servers, authority):
    """An HTTP client that trusts the server."""
    context = ssl.create_default_context(cadata=authority.pem.decode())
    base = f"https://{servers.http.address}"
    async with httpx.AsyncClient(base_url=base, verify=context, trust_env=False) as client:
        yield client


def client_of(servers, authority, **options):
    return nearhit.AsyncClient(
        servers.grpc.address, credentials=nearhit.tls(ca=authority.pem), **options
    )


async def test_caller_with_a_key_is_served_over_tls(servers, authority):
    async with client_of(servers, authority, api_key=KEY) as client:
        await client.store(QUESTION, "Open Settings.")
        assert isinstance(await client.search(QUESTION), nearhit.Hit)


async def test_caller_without_a_key_is_refused(servers, authority):
    async with client_of(servers, authority) as client:
        with pytest.raises(nearhit.UnauthenticatedError):
            await client.search(QUESTION)


async def test_caller_without_tls_is_not_understood(servers):
    async with nearhit.AsyncClient(servers.grpc.address, api_key=KEY, timeout=1) as client:
        with pytest.raises(nearhit.NearhitError):
            await client.search(QUESTION)


async def test_probes_answer_without_a_key(http):
    for path in ("/healthz", "/readyz"):
        assert (await http.get(path)).status_code == 200


@pytest.mark.parametrize("path", ["/metrics", "/", "/v1/caches/default/entries", "/no/such"])
async def test_every_other_path_asks_for_a_key(http, path):
    assert (await http.get(path)).status_code == 401


async def test_metrics_tell_of_calls_on_both_ports_and_of_the_certificate(servers, authority, http):
    async with client_of(servers, authority, api_key=KEY) as client:
        await client.search(QUESTION)
    await http.get("/metrics")
    answer = await http.get("/metrics", headers={"authorization": f"Bearer {KEY}"})
    assert answer.status_code == 200
    samples = {
        (sample.name, sample.labels.get("method"), sample.labels.get("status")): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    search = "nearhit.v1.SemanticCacheService/Search"
    assert samples["nearhit_calls_total", search, "OK"] >= 1
    assert samples["nearhit_calls_total", "GET /metrics", "401"] >= 1
    assert samples["nearhit_certificate_expiry_timestamp_seconds", None, None] > 0
    assert KEY not in answer.text


async def test_metrics_ask_nobody_where_the_setting_opens_them(tmp_path, authority, tiny_model):
    async with secured_server(tmp_path, authority, tiny_model, metrics_open=True) as servers:
        context = ssl.create_default_context(cadata=authority.pem.decode())
        async with httpx.AsyncClient(verify=context, trust_env=False) as client:
            base = f"https://{servers.http.address}"
            assert (await client.get(f"{base}/metrics")).status_code == 200
            assert (await client.get(f"{base}/v1/admin/caches")).status_code == 401
