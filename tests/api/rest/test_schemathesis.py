"""Schemathesis, which makes calls out of the OpenAPI document, good and bad, and checks that every
answer is as the document says."""

import asyncio
import sys
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from api.rest.apis import BOOT_KEY, client_of, rest_api, url_of

CONFIG = Path(__file__).with_name("schemathesis.toml")
LANGCACHE = ("LangCache",)
QUALITY = ("Quality",)
ADMINISTRATION = ("Caches", "Keys")

EXAMPLE = {
    "prompt": "How do I reset my password?",
    "response": "Choose 'Forgot password' on the sign-in page.",
    "attributes": {"lang": "en"},
}
"""The document's, with which Schemathesis begins."""


async def schemathesis(url: str, *flags: str, folder: Path) -> tuple[int, str]:
    """Its exit status and all that it prints."""
    process = await asyncio.create_subprocess_exec(
        *(Path(sys.executable).with_name("schemathesis"), "--config-file", CONFIG),
        *("run", f"{url}/openapi.json", *flags),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode is not None
    return process.returncode, output.decode()


async def counted(client, name) -> list[dict[str, str]]:
    """The labels under which the server has counted anything."""
    metrics = (await client.get("/metrics")).text
    return [
        sample.labels
        for family in text_string_to_metric_families(metrics)
        for sample in family.samples
        if sample.name == name and sample.value > 0
    ]


async def succeeded(client) -> set[str]:
    """The operations that went well at least once, such as `GET /v1/admin/caches`."""
    calls = await counted(client, "nearhit_calls_total")
    return {call["method"] for call in calls if call["status"].startswith("2")}


async def operations(client, tags) -> set[str]:
    """The operations that the document has under the tags."""
    document = (await client.get("/openapi.json")).json()
    return {
        f"{verb.upper()} {path}"
        for path, item in document["paths"].items()
        for verb, operation in item.items()
        if verb != "parameters" and operation["tags"][0] in tags
    }


@pytest.mark.parametrize(
    ("key", "tags"),
    [
        pytest.param(None, LANGCACHE, marks=pytest.mark.slow),
        (BOOT_KEY, LANGCACHE),
        (BOOT_KEY, QUALITY),
        (BOOT_KEY, ADMINISTRATION),
    ],
    ids=["langcache-open", "langcache-keyed", "quality-keyed", "administration-keyed"],
)
async def test_every_answer_is_as_the_document_says(key, tags, tmp_path, tiny_model):
    keys = () if key is None else (key,)
    flags = [flag for tag in tags for flag in ("--include-tag", tag)]
    if key is not None:
        flags += ["--header", f"Authorization: Bearer {key}"]
    async with (
        rest_api("embedded", data_dir=tmp_path, model=tiny_model, api_keys=keys) as servers,
        client_of(servers, key) as client,
    ):
        await client.post("/v1/admin/caches", json={"cacheId": "support-answers"})
        for cache_id in ("default", "support-answers"):
            await client.post(f"/v1/caches/{cache_id}/entries", json=EXAMPLE)
        status, output = await schemathesis(url_of(servers), *flags, folder=tmp_path)
        assert status == 0, output
        # Calls that all go wrong, and searches without a match, would show little.
        assert await operations(client, tags) <= await succeeded(client)
        if tags == LANGCACHE:
            assert await counted(client, "nearhit_search_hits_total")
