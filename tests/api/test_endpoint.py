"""What an endpoint does with calls that come too late."""

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

    def invocation_metadata(self):
        return ()

    def set_trailing_metadata(self, metadata):
        pass

    def time_remaining(self):
        return -0.001

    async def read(self):
        return b""

    async def abort(self, code, details, trailing_metadata):
        self.code = code
        raise AbortedError


async def test_call_whose_deadline_has_passed_is_not_handled():
    handled = []

    async def handle(request, caller):
        handled.append(request)
        return pb.SearchResponse()

    door = admission()
    endpoint = Endpoint(
        SEMANTIC_CACHE.methods_by_name["Search"],
        Rpc(handle, lambda request: Access(scopes=(Scope.READ,))),
        admission=door,
        observer=UNOBSERVED,
    )
    context = LateContext()
    with pytest.raises(AbortedError):
        await endpoint(None, context)
    assert context.code is grpc.StatusCode.DEADLINE_EXCEEDED
    assert handled == []
    assert door.calls == 0
