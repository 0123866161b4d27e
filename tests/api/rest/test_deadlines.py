"""How long a call over HTTP may take, as its handler is told."""

import time

import pytest
from starlette.responses import Response

from api.rest.ports import open_port
from api.rest.wire import ask
from doors import admission
from nearhit_server.api.rest.langcache.codec import decode_search
from nearhit_server.api.rest.langcache.models import SearchInput
from nearhit_server.api.rest.routes import Route


@pytest.mark.parametrize("limit", [1, 1_000])
async def test_handler_is_told_when_the_servers_limit_ends_the_call(limit):
    told = []

    async def handle(call, _):
        told.append(call.deadline)
        return Response()

    route = Route(verb="GET", path="/timed", handler=handle)
    async with open_port([route], door=admission(max_seconds=limit)) as port:
        before = time.monotonic()
        assert (await ask(port.address, "GET", "/timed")).status == 200
        after = time.monotonic()

    (deadline,) = told
    assert before + limit <= deadline <= after + limit


def test_search_has_the_deadline_of_its_call():
    assert decode_search(SearchInput(prompt="p"), deadline=5.0).deadline == 5.0
