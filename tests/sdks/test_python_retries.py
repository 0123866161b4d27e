"""LangCache's SDK for Python comes back when the server says."""

import asyncio

import pytest
from langcache.errors import NotFoundErrorResponseContent
from langcache.utils import BackoffStrategy, RetryConfig
from structlog.testing import capture_logs

from sdks.python_sdk import PythonSdk
from sdks.servers import url_of
from server.keys.keyed_servers import BOOT_KEY

MINUTE = 60_000

# Of itself it would wait a minute: who comes sooner was told to.
RETRY = RetryConfig("backoff", BackoffStrategy(MINUTE, MINUTE, 1, MINUTE, 0), False)


async def test_refused_call_is_made_again_as_soon_as_retry_after_says(pacing, cache_id):
    caches = {kind: f"{cache_id}-{kind}" for kind in ("blocking", "async")}

    with capture_logs() as logs:

        def statuses(kind):
            return [line["status"] for line in logs if line.get("cache") == caches[kind]]

        async def search_until_refused(kind):
            options = {"cache_id": caches[kind], "api_key": BOOT_KEY, "retry_config": RETRY}
            async with PythonSdk(kind, url_of(pacing), **options) as sdk:
                # A machine that stands still for two seconds lets a second call in as well.
                while "429" not in statuses(kind):
                    with pytest.raises(NotFoundErrorResponseContent):
                        await sdk.search(prompt="p")

        async with asyncio.timeout(30):
            await asyncio.gather(*(search_until_refused(kind) for kind in caches))
    for kind in caches:
        assert statuses(kind)[-2:] == ["429", "404"]
