"""What a client would like to be answered."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from nearhit_server.api.rest.responses import json_response
from nearhit_server.api.rest.schemas import Answer

_REPRESENTATION: Final = "return=representation"


def done(request: Request, representation: Answer) -> Response:
    """That it is done: 204, or 200 and the representation to those who prefer that."""
    if not _prefers_representation(request):
        return Response(status_code=204)
    return json_response(representation, headers={"preference-applied": _REPRESENTATION})


def _prefers_representation(request: Request) -> bool:
    preferences = ",".join(request.headers.getlist("prefer")).lower().split(",")
    wanted = (
        preference.partition(";")[0].replace(" ", "").replace('"', "") for preference in preferences
    )
    # Of several of a name the first counts.
    return next((w for w in wanted if w.startswith("return=")), "") == _REPRESENTATION
