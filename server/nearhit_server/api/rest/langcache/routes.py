"""Where the LangCache API is, and what is done there."""

from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

from nearhit_server.api.rest.langcache.codec import (
    decode_search,
    decode_set,
    encode_conversational_search,
    encode_search,
)
from nearhit_server.api.rest.langcache.models import (
    ConversationalSearchAnswer,
    ConversationalSearchInput,
    DeletedAnswer,
    DeleteQueryAnswer,
    DeleteQueryInput,
    FlushedAnswer,
    HealthAnswer,
    SearchAnswer,
    SearchInput,
    SetAnswer,
    SetInput,
)
from nearhit_server.api.rest.langcache.preferences import done
from nearhit_server.api.rest.problems import UNAVAILABLE, HttpError
from nearhit_server.api.rest.responses import json_response
from nearhit_server.api.rest.routes import Call, Operation, Route
from nearhit_server.core.access.callers import Access, Scope
from nearhit_server.core.cache_admin import CacheAdmin
from nearhit_server.core.errors import entry_not_found
from nearhit_server.core.health import Health
from nearhit_server.core.semantic_cache import SemanticCache

_CACHE: Final = "/v1/caches/{cacheId}"
_ENTRIES: Final = f"{_CACHE}/entries"
_TAG: Final = "LangCache"


class LangCache:
    """The handlers of the LangCache API."""

    def __init__(self, *, cache: SemanticCache, admin: CacheAdmin, health: Health) -> None:
        self._cache = cache
        self._admin = admin
        self._health = health

    def routes(self) -> list[Route]:
        """Each call of the API."""
        return [
            Route(
                verb="POST",
                path=f"{_ENTRIES}/search",
                handler=self.search,
                needs=_read,
                input=SearchInput,
                operation=Operation(
                    name="search",
                    tag=_TAG,
                    summary="Look for entries that answer a prompt",
                    answers={200: SearchAnswer},
                ),
            ),
            Route(
                verb="POST",
                path=f"{_CACHE}/conversations/search",
                handler=self.conversational_search,
                needs=_read,
                input=ConversationalSearchInput,
                operation=Operation(
                    name="conversationalSearch",
                    tag=_TAG,
                    summary="Look for entries that answer the last turn of a conversation",
                    answers={200: ConversationalSearchAnswer},
                ),
            ),
            Route(
                verb="POST",
                path=_ENTRIES,
                handler=self.set,
                needs=_write,
                input=SetInput,
                operation=Operation(
                    name="set",
                    tag=_TAG,
                    summary="Keep a response for a prompt",
                    description="The same prompt and attributes replace the entry that they name.",
                    answers={201: SetAnswer},
                ),
            ),
            Route(
                verb="DELETE",
                path=f"{_ENTRIES}/{{entryId}}",
                handler=self.delete_by_id,
                needs=_write,
                operation=Operation(
                    name="deleteById",
                    tag=_TAG,
                    summary="Delete an entry",
                    answers={204: None, 200: DeletedAnswer},
                ),
            ),
            Route(
                verb="DELETE",
                path=_ENTRIES,
                handler=self.delete_query,
                needs=_write,
                input=DeleteQueryInput,
                operation=Operation(
                    name="deleteQuery",
                    tag=_TAG,
                    summary="Delete the entries that carry attributes",
                    answers={200: DeleteQueryAnswer},
                ),
            ),
            Route(
                verb="POST",
                path=f"{_CACHE}/flush",
                handler=self.flush,
                needs=_write,
                operation=Operation(
                    name="flush",
                    tag=_TAG,
                    summary="Delete every entry of a cache",
                    answers={204: None, 200: FlushedAnswer},
                ),
            ),
            Route(
                verb="GET",
                path=f"{_CACHE}/health",
                handler=self.health,
                needs=_read,
                operation=Operation(
                    name="health",
                    tag=_TAG,
                    summary="Tell whether a cache can be used",
                    answers={200: HealthAnswer},
                ),
            ),
        ]

    async def search(self, call: Call, body: SearchInput) -> Response:
        """Look for entries that answer a prompt."""
        query = decode_search(body, deadline=call.deadline)
        outcome = await self._cache.search(call.parameters["cacheId"], query)
        return json_response(encode_search(outcome))

    async def conversational_search(self, call: Call, body: ConversationalSearchInput) -> Response:
        """Look for entries that answer the last turn of a conversation."""
        query = decode_search(body, deadline=call.deadline)
        outcome = await self._cache.search(call.parameters["cacheId"], query)
        return json_response(encode_conversational_search(outcome))

    async def set(self, call: Call, body: SetInput) -> Response:
        """Keep a response for a prompt."""
        stored = await self._cache.store(call.parameters["cacheId"], decode_set(body))
        reason = stored.exact_only_reason
        answer = SetAnswer(
            entry_id=stored.entry_id,
            created=stored.created,
            exact_only_reason=None if reason is None else reason.value,
        )
        return json_response(answer, status=201)

    async def delete_by_id(self, call: Call, _: None) -> Response:
        """Delete an entry."""
        cache_id, entry_id = call.parameters["cacheId"], call.parameters["entryId"]
        if not await self._cache.delete(cache_id, [entry_id]):
            raise entry_not_found(cache_id, entry_id)
        return done(call.request, DeletedAnswer(deleted=True))

    async def delete_query(self, call: Call, body: DeleteQueryInput) -> Response:
        """Delete the entries that carry attributes."""
        count = await self._cache.delete_carrying(call.parameters["cacheId"], body.attributes)
        return json_response(DeleteQueryAnswer(deleted_entries_count=count, deleted_count=count))

    async def flush(self, call: Call, _: None) -> Response:
        """Delete every entry of a cache."""
        await self._cache.flush(call.parameters["cacheId"])
        return done(call.request, FlushedAnswer(flushed=True))

    async def health(self, call: Call, _: None) -> Response:
        """Tell whether a cache can be used."""
        # It asks the store, so that what this says is true now.
        await self._admin.get(call.parameters["cacheId"])
        if not self._health.ready:
            raise HttpError(UNAVAILABLE, "the server cannot answer every call at the moment")
        return json_response(HealthAnswer(status="ok"))


def _read(parameters: Mapping[str, str]) -> Access:
    return Access(scopes=(Scope.READ,), cache=parameters["cacheId"])


def _write(parameters: Mapping[str, str]) -> Access:
    return Access(scopes=(Scope.WRITE,), cache=parameters["cacheId"])
