"""Where hits are reported, and where it is told how far they can be trusted."""

from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

from nearhit_server.api.rest.quality.codec import (
    encode_reports,
    encode_shadow_searches,
    encode_stats,
)
from nearhit_server.api.rest.quality.models import (
    PageInput,
    ReleasedAnswer,
    ReportedAnswer,
    ReportInput,
    ReportsAnswer,
    ShadowSearchesAnswer,
    StatsAnswer,
)
from nearhit_server.api.rest.responses import json_response
from nearhit_server.api.rest.routes import Call, Operation, Route
from nearhit_server.core.access.callers import Access, Scope
from nearhit_server.core.quality.reports import Verdict
from nearhit_server.core.quality.service import CacheQuality

_ENTRY: Final = "/v1/caches/{cacheId}/entries/{entryId}"
_ADMIN: Final = "/v1/admin/caches/{cacheId}"
_TAG: Final = "Quality"


class CacheQualityApi:
    """The handlers of reports and of what they lead to."""

    def __init__(self, quality: CacheQuality) -> None:
        self._quality = quality

    def routes(self) -> list[Route]:
        """Each call of the API."""
        return [
            Route(
                verb="POST",
                path=f"{_ENTRY}/reports",
                handler=self.report,
                needs=_write,
                input=ReportInput,
                operation=Operation(
                    name="reportHit",
                    tag=_TAG,
                    summary="Say whether an entry was the right answer",
                    description="Of several reports about the same entry and prompt the last one "
                    "counts. An entry that is reported wrong for several prompts is quarantined.",
                    answers={200: ReportedAnswer},
                ),
            ),
            Route(
                verb="GET",
                path=f"{_ADMIN}/stats",
                handler=self.stats,
                needs=_read,
                operation=Operation(
                    name="getCacheStats",
                    tag=_TAG,
                    summary="Tell what a cache has answered and how much of it was right",
                    answers={200: StatsAnswer},
                ),
            ),
            Route(
                verb="GET",
                path=f"{_ADMIN}/reports",
                handler=self.list_reports,
                needs=_read,
                input=PageInput,
                operation=Operation(
                    name="listReports",
                    tag=_TAG,
                    summary="List what was reported about a cache's hits",
                    answers={200: ReportsAnswer},
                ),
            ),
            Route(
                verb="GET",
                path=f"{_ADMIN}/shadow-searches",
                handler=self.list_shadow_searches,
                needs=_read,
                input=PageInput,
                operation=Operation(
                    name="listShadowSearches",
                    tag=_TAG,
                    summary="List what a cache in shadow mode would have answered",
                    answers={200: ShadowSearchesAnswer},
                ),
            ),
            Route(
                verb="POST",
                path=f"{_ADMIN}/entries/{{entryId}}/release",
                handler=self.release,
                needs=_write,
                operation=Operation(
                    name="releaseEntry",
                    tag=_TAG,
                    summary="End the quarantine of an entry",
                    description="What was reported about it before no longer counts against it.",
                    answers={200: ReleasedAnswer},
                ),
            ),
        ]

    async def report(self, call: Call, body: ReportInput) -> Response:
        """Note whether an entry was the right answer."""
        quarantined = await self._quality.report_hit(
            call.parameters["cacheId"],
            call.parameters["entryId"],
            body.prompt,
            Verdict(body.verdict),
        )
        return json_response(ReportedAnswer(quarantined=quarantined))

    async def stats(self, call: Call, _: None) -> Response:
        """Tell what a cache has answered."""
        return json_response(encode_stats(await self._quality.stats(call.parameters["cacheId"])))

    async def list_reports(self, call: Call, query: PageInput) -> Response:
        """Page through what was reported."""
        page = await self._quality.list_reports(
            call.parameters["cacheId"], page_size=query.page_size, page_token=query.page_token
        )
        return json_response(encode_reports(page))

    async def list_shadow_searches(self, call: Call, query: PageInput) -> Response:
        """Page through what searches in shadow mode came to."""
        page = await self._quality.list_shadow_searches(
            call.parameters["cacheId"], page_size=query.page_size, page_token=query.page_token
        )
        return json_response(encode_shadow_searches(page))

    async def release(self, call: Call, _: None) -> Response:
        """End the quarantine of an entry."""
        released = await self._quality.release(
            call.parameters["cacheId"], call.parameters["entryId"]
        )
        return json_response(ReleasedAnswer(released=released))


def _read(parameters: Mapping[str, str]) -> Access:
    return Access(scopes=(Scope.READ,), cache=parameters["cacheId"])


def _write(parameters: Mapping[str, str]) -> Access:
    return Access(scopes=(Scope.WRITE,), cache=parameters["cacheId"])
