"""Answers each Search with as many bytes, and does nothing else: what gRPC itself costs.

python -m benchmarks.echo_server BYTES
"""

import asyncio
import signal
import sys

import grpc


async def serve(answer: bytes) -> None:
    """Serve on a free port until a signal ends it."""

    async def search(request: bytes, context: object) -> bytes:
        return answer

    handler = grpc.unary_unary_rpc_method_handler(search)
    service = grpc.method_handlers_generic_handler(
        "nearhit.v1.SemanticCacheService", {"Search": handler}
    )
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((service,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    print(f"nearhit ready grpc=127.0.0.1:{port}", flush=True)
    await stopped.wait()
    await server.stop(grace=0)


if __name__ == "__main__":
    asyncio.run(serve(bytes(int(sys.argv[1]))))
