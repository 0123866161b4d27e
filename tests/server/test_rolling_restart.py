"""Replicas that are restarted one after the other while clients go on calling."""

import asyncio
import json
import signal
from contextlib import ExitStack

import grpc
import pytest

import nearhit
from nearhit.v1 import semantic_cache_pb2 as pb
from redis_servers.ports import free_port
from server_process import server_process

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
def start_replica(start_redis, tiny_model, tmp_path, monkeypatch):
    """Starts a replica at an address; on the way out all are killed that still run."""
    monkeypatch.setenv("NEARHIT_STORE", start_redis().url)
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
        await asyncio.to_thread(start_replica, addresses[0])
        await stop(replicas[1])
        load.stopping = True
    assert load.failures == []
    assert load.calls > 1_000
