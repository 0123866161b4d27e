"""More calls at once than the server takes in hand."""

import asyncio
from collections import Counter

import grpc
import pytest

from nearhit.v1 import semantic_cache_pb2 as pb
from nearhit.v1 import semantic_cache_pb2_grpc as stubs


async def status_of(call):
    try:
        await call
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK


@pytest.mark.slow
async def test_every_call_of_a_burst_is_answered_or_told_to_come_back_later(
    server_address, cache_id, client
):
    await client.store("are you there?", "Yes.")
    request = pb.SearchRequest(cache=cache_id, prompt="are you there?")
    async with grpc.aio.insecure_channel(server_address) as channel:
        stub = stubs.SemanticCacheServiceStub(channel)
        await stub.Search(request)
        ends = await asyncio.gather(
            *(status_of(stub.Search(request, timeout=60)) for _ in range(3_500))
        )
    counted = Counter(ends)
    assert counted.keys() <= {grpc.StatusCode.OK, grpc.StatusCode.RESOURCE_EXHAUSTED}
    assert counted[grpc.StatusCode.OK] >= 1_024
