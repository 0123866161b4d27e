"""The connections of one object in event loops that come and go."""

import asyncio
import gc
import weakref

from nearhit.integrations.connections import Connections
from nearhit.integrations.flows import Ask


async def test_clients_of_closed_loops_are_let_go(target):
    connections = Connections(target, cache="default", api_key=None, credentials=None)
    clients = []

    def seen():
        # The loops themselves are kept by grpc.aio, as long as anything of it is in use.
        yield Ask(lambda client: clients.append(weakref.ref(client)) or client.get_cache())

    for _ in range(4):
        # Nobody closes the connections of these loops.
        await asyncio.to_thread(asyncio.run, connections.run_async(seen()))
    await connections.run_async(seen())
    gc.collect()

    assert [client() is not None for client in clients] == [False] * 4 + [True]
    await connections.aclose()
