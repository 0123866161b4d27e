"""Runs the tests that are written for Node against a real server, once on each store."""

from pathlib import Path

from node.running import run_node

FOLDER = Path(__file__).parent


async def run_tests(file: str, **environment: str) -> None:
    """Let Node's own test runner run one file; what it printed is what a failure shows."""
    flags = ("--test", "--test-reporter=spec")
    status, output = await run_node(FOLDER, *flags, file, **environment)
    assert status == 0, output


async def test_client_made_from_proto_alone_works(server_address):
    await run_tests("grpc.test.mjs", NEARHIT_TARGET=server_address)
