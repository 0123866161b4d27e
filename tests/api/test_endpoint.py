"""What an endpoint makes of the time that a call has."""

import time

import grpc
import pytest

from doors import admission
from nearhit.v1 import semantic_cache_pb2 as pb
from nearhit_server.api.grpc.endpoint import Endpoint, Rpc
from nearhit_server.api.grpc.server import SEMANTIC_CACHE
from nearhit_server.core.access.callers import Access, Scope
from nearhit_server.core.observing import UNOBSERVED


class AbortedError(Exception):
    """As grpc ends an aborted call."""


class LateContext:
    """The context of a call whose deadline has passed on the way."""

    code = None
    seconds = -0.001

    def invocation_metadata(self):
        return ()

    def set_trailing_metadata(self, metadata):
        pass

    def time_remaining(self):
        return self.seconds

    async def read(self):
        return b""

    async def abort(self, code, details, trailing_metadata):
        self.code = code
        raise AbortedError


class TimelyContext(LateContext):
    """The context of a call that came in time."""

    def __init__(self, seconds):
        self.seconds = seconds


def endpoint_of(handle, door, **options):
    return Endpoint(
        SEMANTIC_CACHE.methods_by_name["Search"],
        Rpc(handle, lambda request: Access(scopes=(Scope.READ,)), **options),
        admission=door,
        observer=UNOBSERVED,
    )


async def test_call_whose_deadline_has_passed_is_not_handled():
    handled = []

    async def handle(request, caller):
        handled.append(request)
        return pb.SearchResponse()

    door = admission()
    context = LateContext()
    with pytest.raises(AbortedError):
        await endpoint_of(handle, door)(None, context)
    assert context.code is grpc.StatusCode.DEADLINE_EXCEEDED
    assert handled == []
    assert door.calls == 0


@pytest.mark.parametrize("seconds", [None, 2.0, 1e9])
async def test_timed_handler_is_told_when_its_caller_goes_away(seconds):
    told = []

    async def handle(request, caller, deadline):
        told.append(deadline)
        return pb.SearchResponse()

    before = time.monotonic()
    await endpoint_of(handle, admission(), timed=True)(None, TimelyContext(seconds))
    after = time.monotonic()

    (deadline,) = told
    if seconds is None:
        assert deadline is None
    else:
        # The server's own limit ends it, if that is sooner.
        own = admission().seconds(seconds)
        assert before + own <= deadline <= after + own
