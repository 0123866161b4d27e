"""Each example asks the LLM once, and after that the cache, on both stores."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

import nearhit
from node.running import run_node
from sdks.servers import langcache_server, url_of
from server.keys.keyed_servers import BOOT_KEY

EXAMPLES = Path(__file__).parents[2] / "examples"

QUESTION = "How do I reset my password?"
PARAPHRASE = "I forgot my password, how do I reset it?"
OTHER_QUESTION = 'What does "$HOME" mean in a shell — roughly?'

each_example = pytest.mark.parametrize(
    "name", ["python_async.py", "python_sync.py", "node_grpc", "node_langcache", "curl.sh"]
)


async def run_program(*command: str | Path, **environment: str) -> tuple[int, str]:
    """The exit status of a program, and all that it printed."""
    process = await asyncio.create_subprocess_exec(
        *command,
        env=os.environ | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()


async def run_example(name: str, *arguments: str, **environment: str) -> tuple[int, str]:
    """The exit status of an example, and all that it printed."""
    if name.endswith(".py"):
        return await run_program(sys.executable, EXAMPLES / name, *arguments, **environment)
    if name.endswith(".sh"):
        return await run_program(EXAMPLES / name, *arguments, **environment)
    return await run_node(EXAMPLES / name, "ask.mjs", *arguments, **environment)


@pytest.fixture(scope="module", params=["embedded", "redis"])
async def server(request, tmp_path_factory):
    """What the environment says of a server, for the examples to find it."""
    store = "embedded"
    if request.param == "redis":
        store = request.getfixturevalue("servers_redis").url
    async with langcache_server(store, tmp_path_factory.mktemp("for-examples")) as servers:
        yield {
            "NEARHIT_TARGET": servers.grpc.address,
            "NEARHIT_URL": url_of(servers),
            "NEARHIT_API_KEY": BOOT_KEY,
        }


@pytest.fixture
async def empty_server(server):
    """The same, with nothing in the cache that the examples use."""
    target, api_key = server["NEARHIT_TARGET"], server["NEARHIT_API_KEY"]
    async with nearhit.AsyncClient(target, api_key=api_key) as client:
        await client.flush()
    return server


@each_example
async def test_example_asks_the_llm_only_what_the_cache_does_not_know(name, empty_server):
    async def ask(question):
        status, output = await run_example(name, question, **empty_server)
        assert status == 0, output
        source, _, answer = output.strip().partition(": ")
        return source, answer

    first = f"a made-up answer to '{QUESTION}'"
    assert await ask(QUESTION) == ("LLM", first)
    assert await ask(QUESTION) == ("cache", first)
    assert await ask(PARAPHRASE) == ("cache", first)
    assert await ask(OTHER_QUESTION) == ("LLM", f"a made-up answer to '{OTHER_QUESTION}'")


@each_example
async def test_example_says_why_when_its_api_key_is_wrong(name, server):
    status, output = await run_example(name, QUESTION, **server | {"NEARHIT_API_KEY": "wrong"})
    assert status != 0
    assert "the API key is missing, unknown, expired or revoked" in output


@each_example
async def test_example_says_how_to_run_it_when_it_is_asked_nothing(name):
    status, output = await run_example(name)
    assert status == 1
    assert output.startswith("usage: ")
