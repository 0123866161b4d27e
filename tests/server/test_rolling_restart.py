"""Replicas that are restarted one after the other while clients go on calling."""

import asyncio
import json
import signal
from contextlib import ExitStack
from urllib.request import urlopen

import grpc
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest
from grpc_health.v1.health_pb2_grpc import HealthStub

import nearhit
from nearhit.v1 import semantic_cache_pb2 as pb
from polling import until
from redis_servers.ports import free_port
from server_process import server_process
from telemetry.samples import samples_of

pytestmark = pytest.mark.slow

CACHE = "rolling"
CALLERS = 4
SERVICE_CONFIG = json.dumps(
    {
        "loadBalancingConfig": [{"round_robin": {}}],
        "methodConfig": [
            {
                "name": [{"service": "nearhit.v1.SemanticCacheService"}],
                "retryPolicy": {
                    "maxAttempts": 4,
                    "initialBackoff": "0.05s",
                    "maxBackoff": "1s",
                    "backoffMultiplier": 2,
                    "retryableStatusCodes": ["UNAVAILABLE"],
                },
            }
        ],
    }
)
"""What a client in any language would set."""


@pytest.fixture
def redis(start_redis):
    """The Redis of all replicas."""
    return start_redis()


@pytest.fixture
def start_replica(redis, tiny_model, tmp_path, monkeypatch):
    """Starts a replica at an address; on the way out all are killed that still run."""
    monkeypatch.setenv("NEARHIT_STORE", redis.url)
    # Servers that start take all cores for seconds, and Redis has to wait for its turn.
    monkeypatch.setenv("NEARHIT_REDIS_TIMEOUT_SECONDS", "10")
    flags = ("--model", str(tiny_model))
    with ExitStack() as stack:
        yield lambda address: stack.enter_context(
            server_process(tmp_path, "--grpc", address, *flags)
        )


class Load:
    """Callers that store and search without a pause, and what went wrong with their calls."""

    def __init__(self):
        self.calls = 0
        self.failures = []
        self.stopping = False

    async def with_our_client(self, target):
        async with nearhit.AsyncClient(target, cache=CACHE, timeout=30) as client:

            async def call(prompt):
                await client.store(prompt, "an answer")
                assert isinstance(await client.search(prompt), nearhit.Hit)

            await self._run(call, "ours")

    async def with_any_client(self, target):
        options = [("grpc.service_config", SERVICE_CONFIG)]
        async with grpc.aio.insecure_channel(target, options) as channel:
            method = channel.unary_unary("/nearhit.v1.SemanticCacheService/Store")

            async def call(prompt):
                request = pb.StoreRequest(cache=CACHE, prompt=prompt, response="an answer")
                await method(request.SerializeToString(), timeout=30)

            await self._run(call, "any")

    async def _run(self, call, kind):
        async def caller(number):
            while not self.stopping:
                try:
                    await call(f"what does {kind} caller {number} ask?")
                except (nearhit.NearhitError, grpc.RpcError) as error:
                    self.failures.append(error)
                self.calls += 1

        await asyncio.gather(*(caller(number) for number in range(CALLERS)))


async def stop(replica):
    replica.send(signal.SIGTERM)
    assert await asyncio.to_thread(replica.wait) == 0


async def test_no_call_fails_while_replicas_are_restarted_in_turn(start_replica):
    addresses = [f"127.0.0.1:{free_port()}" for _ in range(2)]
    replicas = await asyncio.gather(*(asyncio.to_thread(start_replica, a) for a in addresses))
    target = "ipv4:" + ",".join(addresses)
    async with nearhit.AsyncClient(target) as client:
        await client.create_cache(CACHE)
    load = Load()
    async with asyncio.TaskGroup() as group:
        group.create_task(load.with_our_client(target))
        group.create_task(load.with_any_client(target))
        await stop(replicas[0])
        restarted = await asyncio.to_thread(start_replica, addresses[0])
        # Clients try an address that did not answer again after a second or more. Replicas that
        # are restarted faster than that are all away, as far as a client knows.
        await until(lambda: called_by_both(restarted))
        await stop(replicas[1])
        load.stopping = True
    assert load.failures == []
    assert load.calls > 100


class Gate:
    """A way to Redis, which can be closed. `url` is what it is reached by."""

    def __init__(self, redis):
        self.open = asyncio.Event()
        self.open.set()
        self._redis = redis
        self._connections = set()

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"redis://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *exception):
        self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _accept(self, reader, writer):
        self._connections.add(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader, writer):
        answers, questions = await asyncio.open_connection("127.0.0.1", self._redis.port)
        try:
            await asyncio.gather(self._pass(reader, questions), self._pass(answers, writer))
        finally:
            questions.transport.abort()
            writer.transport.abort()

    async def _pass(self, reader, writer):
        while data := await reader.read(65_536):
            await self.open.wait()
            writer.write(data)
            await writer.drain()
        writer.close()


async def metrics_of(replica):
    """What a replica says of itself."""
    response = await asyncio.to_thread(
        urlopen, f"http://{replica.http_address}/metrics", timeout=10
    )
    with response:
        return samples_of(response.read())


async def calls_in_flight(replica):
    """How many calls a replica says that it has in hand."""
    return (await metrics_of(replica)).of("nearhit_calls_in_flight")


async def called_by_both(replica):
    """Whether both kinds of client have found a replica: ours searches as often as it stores."""
    samples = await metrics_of(replica)
    stores, searches = (
        samples.of(
            "nearhit_calls_total",
            protocol="grpc",
            method=f"nearhit.v1.SemanticCacheService/{method}",
            status="OK",
        )
        for method in ("Store", "Search")
    )
    return searches is not None and stores is not None and stores - searches > 4 * CALLERS


async def drained(address):
    """Return when the server there refuses new calls."""
    async with grpc.aio.insecure_channel(address) as channel:
        watch = HealthStub(channel).Watch(HealthCheckRequest())
        while await watch.read() is not grpc.aio.EOF:
            pass


async def test_batches_in_hand_are_answered_while_new_calls_go_elsewhere(
    start_replica, redis, monkeypatch
):
    staying = await asyncio.to_thread(start_replica, "127.0.0.1:0")
    async with Gate(redis) as gate:
        monkeypatch.setenv("NEARHIT_STORE", gate.url)
        leaving = await asyncio.to_thread(start_replica, "127.0.0.1:0")
        target = f"ipv4:{leaving.address},{staying.address}"
        async with (
            nearhit.AsyncClient(leaving.address, cache=CACHE) as batches,
            nearhit.AsyncClient(target, cache=CACHE) as client,
        ):
            await batches.create_cache(CACHE)
            for _ in range(10):
                await client.search("which of the two?")
            gate.open.clear()
            prompts = [str(number) for number in range(1_000)]
            entries = [nearhit.NewEntry(prompt, "an answer") for prompt in prompts]
            storing = asyncio.create_task(batches.store_many(entries))
            searching = asyncio.create_task(batches.search_many(prompts))

            async def both_in_hand():
                # Asking is one as well.
                return await calls_in_flight(leaving) == 3

            await until(both_in_hand)
            told = asyncio.create_task(drained(leaving.address))
            leaving.send(signal.SIGTERM)
            await told
            for _ in range(100):
                await client.store("what is new?", "an answer")
            assert not storing.done()
            assert not searching.done()
            gate.open.set()
            stored, found = await storing, await searching
        assert await asyncio.to_thread(leaving.wait) == 0
    assert {type(outcome) for outcome in stored} == {nearhit.Stored}
    assert {type(outcome) for outcome in found} <= {nearhit.Hit, nearhit.Miss}
