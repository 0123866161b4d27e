"""Each example asks the LLM once, and after that the cache, on both stores."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from node.running import run_node
from server.keys.keyed_servers import BOOT_KEY, keyed_server

EXAMPLES = Path(__file__).parents[2] / "examples"

QUESTION = "How do I reset my password?"
PARAPHRASE = "I forgot my password, how do I reset it?"
OTHER_QUESTION = "What is the capital of France?"

each_example = pytest.mark.parametrize("name", ["python_async.py", "python_sync.py", "node_grpc"])


async def run_python(file: str, *arguments: str, **environment: str) -> tuple[int, str]:
    """The exit status of one of the programs in Python, and all that it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, EXAMPLES / file, *arguments),
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
        return await run_python(name, *arguments, **environment)
    return await run_node(EXAMPLES / name, "ask.mjs", *arguments, **environment)


@pytest.fixture(scope="module")
async def keyed_address(tmp_path_factory, tiny_model):
    """A server that asks for a key."""
    folder = tmp_path_factory.mktemp("keyed-for-examples")
    async with keyed_server("embedded", data_dir=folder, model=tiny_model) as address:
        yield address


@each_example
async def test_example_asks_the_llm_only_what_the_cache_does_not_know(name, empty_cache_address):
    async def ask(question):
        status, output = await run_example(name, question, NEARHIT_TARGET=empty_cache_address)
        assert status == 0, output
        source, _, answer = output.strip().partition(": ")
        return source, answer

    first = f"a made-up answer to '{QUESTION}'"
    assert await ask(QUESTION) == ("LLM", first)
    assert await ask(QUESTION) == ("cache", first)
    assert await ask(PARAPHRASE) == ("cache", first)
    assert await ask(OTHER_QUESTION) == ("LLM", f"a made-up answer to '{OTHER_QUESTION}'")


@each_example
async def test_example_presents_its_api_key(name, keyed_address):
    server = {"NEARHIT_TARGET": keyed_address}
    status, output = await run_example(name, QUESTION, **server, NEARHIT_API_KEY="wrong")
    assert status != 0
    assert "UNAUTHENTICATED" in output
    status, output = await run_example(name, QUESTION, **server, NEARHIT_API_KEY=BOOT_KEY)
    assert status == 0, output


@each_example
async def test_example_says_how_to_run_it_when_it_is_asked_nothing(name):
    status, output = await run_example(name)
    assert status == 1
    assert output.startswith("usage: ")
