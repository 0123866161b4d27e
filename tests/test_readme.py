"""The README says what is true."""

import asyncio
import re
import sys
from pathlib import Path

import grpc
from google.protobuf import json_format
from google.protobuf.message_factory import GetMessageClass

import nearhit
from nearhit_server.api.grpc.server import SEMANTIC_CACHE
from nearhit_server.settings import Settings

SERVICES = {SEMANTIC_CACHE.full_name: SEMANTIC_CACHE}
README = (Path(__file__).parents[1] / "README.md").read_text()


def test_every_setting_is_in_the_table_with_its_default_and_meaning():
    for name, field in Settings.model_fields.items():
        default = field.get_default(call_default_factory=True)
        default = getattr(default, "value", default)
        shown = "" if default in (None, {}, ()) else f"`{default}`"
        row = f"| `{name}` | `NEARHIT_{name.upper()}` | {shown} | {field.description} |"
        assert row in README


def test_table_has_no_setting_that_does_not_exist():
    names = set(re.findall(r"^\| `(\w+)` \| `NEARHIT_", README, re.MULTILINE))
    assert names == set(Settings.model_fields)


async def test_python_example_runs_and_answers_the_paraphrase_from_the_cache(server_address):
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    async with nearhit.AsyncClient(server_address) as cache:
        # Other tests ask the same.
        await cache.flush()
    program = example.replace("localhost:50051", server_address)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    first, second = output.decode().splitlines()
    assert first == second == "an expensive answer to 'How do I reset my password?'"


async def test_grpcurl_examples_are_calls_that_the_server_answers(server_address):
    calls = re.findall(
        r"grpcurl -plaintext -d '(.*?)' localhost:50051 (\S+)/(\S+)", README, re.DOTALL
    )
    assert [method for _, _, method in calls] == ["Store", "Search"]
    async with grpc.aio.insecure_channel(server_address) as channel:
        for body, service, method in calls:
            types = SERVICES[service].methods_by_name[method]
            request = json_format.Parse(body, GetMessageClass(types.input_type)())
            call = channel.unary_unary(f"/{service}/{method}")
            answer = GetMessageClass(types.output_type).FromString(
                await call(request.SerializeToString())
            )
    assert answer.hit.matches[0].entry.response
