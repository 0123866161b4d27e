"""The transcript shows what the server answers."""

import asyncio
import re
import shlex
from pathlib import Path

import grpc

from examples.grpcurl import Grpcurl

TRANSCRIPT = (Path(__file__).parents[2] / "examples/grpcurl.md").read_text()

# A command ends with the first line break outside quotes.
COMMAND_AND_OUTPUT = re.compile(r"```console\n\$ ((?:[^'\n]|'[^']*')+)\n(.*?)\n```", re.DOTALL)

SUBJECTS = ["list", "Store", "Search", "Search", "Search", "Check"]


async def test_transcript_shows_what_the_server_answers(empty_cache_address):
    await asyncio.to_thread(replay, empty_cache_address)


def replay(address):
    commands = COMMAND_AND_OUTPUT.findall(TRANSCRIPT)
    assert [command.rpartition("/")[2].split()[-1] for command, _ in commands] == SUBJECTS
    with grpc.insecure_channel(address) as channel:
        grpcurl = Grpcurl(channel)
        for command, output in commands:
            assert comparable(answer(grpcurl, command)) == comparable(output)


def answer(grpcurl, command):
    match shlex.split(command):
        case ["grpcurl", "-plaintext", "localhost:50051", "list"]:
            return grpcurl.list_services()
        case ["grpcurl", "-plaintext", "localhost:50051", method]:
            return grpcurl.call(method, "{}")
        case ["grpcurl", "-plaintext", "-d", body, "localhost:50051", method]:
            return grpcurl.call(method, body)
    raise AssertionError(f"an unknown command: {command}")


def comparable(output):
    """Without what differs from run to run and from processor to processor."""
    timeless = re.sub(r'"[\d-]+T[\d:.]+Z"', '"(a time)"', output)
    return re.sub(r"\d\.\d{4,}", lambda found: f"{float(found[0]):.2f}", timeless)
