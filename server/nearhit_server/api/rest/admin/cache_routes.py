"""Where caches are managed, and how."""

from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

from nearhit_server.api.rest.admin.cache_codec import (
    decode_fields,
    decode_settings,
    encode_cache,
)
from nearhit_server.api.rest.admin.cache_models import (
    CacheAnswer,
    CacheDeletedAnswer,
    CachesAnswer,
    CreateCacheInput,
    ListCachesInput,
    PatchCacheInput,
)
from nearhit_server.api.rest.problems import CONFLICT
from nearhit_server.api.rest.responses import json_response
from nearhit_server.api.rest.routes import Call, Operation, Route
from nearhit_server.core.access.callers import Access, Scope
from nearhit_server.core.cache_admin import CacheAdmin

_CACHES: Final = "/v1/admin/caches"
_CACHE: Final = f"{_CACHES}/{{cacheId}}"
_TAG: Final = "Caches"


class CacheAdminApi:
    """The handlers of the administration of caches."""

    def __init__(self, admin: CacheAdmin) -> None:
        self._admin = admin

    def routes(self) -> list[Route]:
        """Each call of the API."""
        return [
            Route(
                verb="GET",
                path=_CACHES,
                handler=self.list,
                needs=_administer_some,
                input=ListCachesInput,
                operation=Operation(
                    name="listCaches",
                    tag=_TAG,
                    summary="List the caches that the key may touch",
                    answers={200: CachesAnswer},
                ),
            ),
            Route(
                verb="POST",
                path=_CACHES,
                handler=self.create,
                needs=_administer_some,
                input=CreateCacheInput,
                operation=Operation(
                    name="createCache",
                    tag=_TAG,
                    summary="Make an empty cache",
                    answers={201: CacheAnswer},
                    failures=[CONFLICT],
                ),
            ),
            Route(
                verb="GET",
                path=_CACHE,
                handler=self.get,
                needs=_look_at,
                operation=Operation(
                    name="getCache",
                    tag=_TAG,
                    summary="Tell a cache's settings and size",
                    answers={200: CacheAnswer},
                ),
            ),
            Route(
                verb="PATCH",
                path=_CACHE,
                handler=self.patch,
                needs=_administer,
                input=PatchCacheInput,
                operation=Operation(
                    name="patchCache",
                    tag=_TAG,
                    summary="Change some of a cache's settings",
                    description="A change of the model, the dimension or an attribute's type "
                    "removes every entry, and has to say that it may.",
                    answers={200: CacheAnswer},
                ),
            ),
            Route(
                verb="DELETE",
                path=_CACHE,
                handler=self.delete,
                needs=_administer,
                operation=Operation(
                    name="deleteCache",
                    tag=_TAG,
                    summary="Delete a cache and all its entries",
                    answers={200: CacheDeletedAnswer},
                ),
            ),
        ]

    async def list(self, call: Call, query: ListCachesInput) -> Response:
        """Page through the caches that the caller may touch."""
        page = await self._admin.list(
            page_size=query.page_size, page_token=query.page_token, visible=call.caller.caches
        )
        return json_response(
            CachesAnswer(
                caches=[encode_cache(status) for status in page.caches],
                next_page_token=page.next_page_token or None,
            )
        )

    async def create(self, call: Call, body: CreateCacheInput) -> Response:
        """Make an empty cache."""
        call.record.cache = body.cache_id
        call.caller.check(Access(scopes=(Scope.ADMIN,), cache=body.cache_id))
        status = await self._admin.create(body.cache_id, decode_settings(body))
        location = f"{_CACHES}/{body.cache_id}"
        return json_response(encode_cache(status), status=201, headers={"location": location})

    async def get(self, call: Call, _: None) -> Response:
        """Tell a cache's settings and size."""
        return json_response(encode_cache(await self._admin.get(call.parameters["cacheId"])))

    async def patch(self, call: Call, body: PatchCacheInput) -> Response:
        """Change the settings that are there."""
        status = await self._admin.update(
            call.parameters["cacheId"],
            decode_settings(body),
            decode_fields(body),
            allow_flush=body.allow_flush,
        )
        return json_response(encode_cache(status))

    async def delete(self, call: Call, _: None) -> Response:
        """Remove a cache and all its entries."""
        count = await self._admin.delete(call.parameters["cacheId"])
        return json_response(CacheDeletedAnswer(deleted_entries_count=count))


def _administer_some(parameters: Mapping[str, str]) -> Access:
    return Access(scopes=(Scope.ADMIN,))


def _administer(parameters: Mapping[str, str]) -> Access:
    return Access(scopes=(Scope.ADMIN,), cache=parameters["cacheId"])


def _look_at(parameters: Mapping[str, str]) -> Access:
    return Access(scopes=(Scope.READ, Scope.ADMIN), cache=parameters["cacheId"])
