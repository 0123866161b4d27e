"""Any bytes for any method: they are decoded or refused, and never our fault."""

from dataclasses import fields
from datetime import timedelta

import grpc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hostile.messages import hostile_bytes
from nearhit_server.api.grpc.endpoint import Endpoint
from nearhit_server.app.core import Core
from nearhit_server.core.admission import Admission
from nearhit_server.core.errors import cache_not_found
from nearhit_server.core.observing import UNOBSERVED


class EmptyCore:
    """A part of the core that decodes nothing and finds nothing."""

    def __getattr__(self, name):
        async def answer(*arguments, **named):
            raise cache_not_found("any")

        return answer


class AbortedError(Exception):
    """How a call ended."""


class Context:
    """As much of a call's context as an endpoint uses."""

    def __init__(self, raw):
        self._raw = raw

    async def read(self):
        return self._raw

    def invocation_metadata(self):
        return ()

    def set_trailing_metadata(self, metadata):
        pass

    def time_remaining(self):
        return None

    async def abort(self, code, details, trailing_metadata):
        raise AbortedError(code)


SERVICES = Core(**{field.name: EmptyCore() for field in fields(Core)}).grpc_services()
METHODS = [
    (service.methods_by_name[name], rpc)
    for service, rpcs in SERVICES.items()
    for name, rpc in rpcs.items()
]


@pytest.mark.parametrize(("method", "rpc"), METHODS, ids=lambda part: getattr(part, "name", ""))
@settings(max_examples=25, deadline=timedelta(seconds=5))
@given(data=st.data())
async def test_endpoint_decodes_or_refuses_whatever_comes(method, rpc, data):
    admission = Admission(
        authenticator=None,
        limiter=None,
        observer=UNOBSERVED,
        max_calls=1,
        max_request_bytes=1,
        max_seconds=60,
    )
    endpoint = Endpoint(method, rpc, admission=admission, observer=UNOBSERVED)
    raw = data.draw(hostile_bytes(method.input_type))
    with pytest.raises(AbortedError) as aborted:
        await endpoint(None, Context(raw))
    expected = (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND)
    assert aborted.value.args[0] in expected
    assert admission.calls == 0
