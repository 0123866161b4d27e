"""LangCache's SDK for Python, its blocking methods and its asynchronous ones alike."""

import asyncio
import ssl
from functools import partial
from typing import Any, Final, Self

import httpx
from langcache import LangCache

ENTRY_ID: Final = "0" * 32

PROMPT: Final = "how do i reset my password"
"""In words that the small model knows, or a search would not ask the store."""

CALLS: Final[dict[str, dict[str, Any]]] = {
    "search": {"prompt": PROMPT},
    "conversational_search": {"prompt": PROMPT, "context": [PROMPT]},
    "set": {"prompt": PROMPT, "response": "r"},
    "delete_by_id": {"entry_id": ENTRY_ID},
    "delete_query": {"attributes": {"a": "b"}},
    "flush": {},
}
"""Every method, with arguments that are good."""


# The world's certificates, which nobody shows here, would take longer to load than most tests.
_HTTP: Final[dict[str, Any]] = {
    "follow_redirects": True,
    "trust_env": False,
    "verify": ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
}


class PythonSdk:
    """Every method of LangCache, to be awaited. The blocking ones run in a thread, since the
    server runs in this one."""

    def __init__(self, kind: str, url: str, **options: Any) -> None:
        """`kind` is "async" or "blocking"."""
        self._is_async = kind == "async"
        self._client = httpx.Client(**_HTTP)
        self._async_client = httpx.AsyncClient(**_HTTP)
        self._sdk = LangCache(url, client=self._client, async_client=self._async_client, **options)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._client.close()
        await self._async_client.aclose()

    def __getattr__(self, method: str) -> Any:
        if self._is_async:
            return getattr(self._sdk, f"{method}_async")
        return partial(asyncio.to_thread, getattr(self._sdk, method))
