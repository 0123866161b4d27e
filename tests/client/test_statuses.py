"""Every status has its exception, and no trailer can get in the way."""

import pickle
from datetime import timedelta
from typing import Any

import grpc
import pytest
from google.protobuf.any_pb2 import Any as Packed
from google.rpc import error_details_pb2, status_pb2

import nearhit
from nearhit.statuses import ERRORS_BY_STATUS, error_of_call, error_of_item
from nearhit.v1 import semantic_cache_pb2, types_pb2


class FailedRpc(grpc.RpcError):
    """A failed call with a chosen status and trailer."""

    def __init__(self, code: grpc.StatusCode, message: str | None, trailer: Any = ()) -> None:
        self._code = code
        self._message = message
        self._trailer = trailer

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str | None:
        return self._message

    def trailing_metadata(self) -> Any:
        return self._trailer


def trailer(code: int, message: str, *details: Any) -> list[tuple[str, bytes]]:
    status = status_pb2.Status(code=code, message=message)
    for detail in details:
        packed = detail
        if not isinstance(detail, Packed):
            packed = Packed()
            packed.Pack(detail)
        status.details.append(packed)
    return [("grpc-status-details-bin", status.SerializeToString())]


@pytest.mark.parametrize(("status", "kind"), ERRORS_BY_STATUS.items(), ids=lambda v: str(v))
def test_error_of_call_has_the_statuses_class(status, kind):
    error = error_of_call(FailedRpc(status, "a message"))

    assert type(error) is kind
    assert error.status_code == status.name == kind.default_status_code
    assert (error.message, error.reason, error.retry_delay) == ("a message", "", None)


@pytest.mark.parametrize("status", [grpc.StatusCode.ABORTED, grpc.StatusCode.CANCELLED])
def test_error_of_call_is_nearhit_error_when_status_has_no_class(status):
    error = error_of_call(FailedRpc(status, None, None))

    assert type(error) is nearhit.NearhitError
    assert error.status_code == status.name


def test_error_of_call_has_field_violations_when_request_was_bad():
    violation = error_details_pb2.BadRequest.FieldViolation(field="prompt", description="is blank")
    details = error_details_pb2.BadRequest(field_violations=[violation])
    info = error_details_pb2.ErrorInfo(reason="INVALID_FIELD", domain="nearhit")

    error = error_of_call(
        FailedRpc(grpc.StatusCode.INVALID_ARGUMENT, "no", trailer(3, "no", info, details))
    )

    assert error.field_violations == (nearhit.FieldViolation("prompt", "is blank"),)
    assert str(error) == "no [INVALID_FIELD]"


def test_error_of_call_has_no_reason_when_domain_is_another():
    info = error_details_pb2.ErrorInfo(reason="QUOTA", domain="gateway.example")

    error = error_of_call(FailedRpc(grpc.StatusCode.UNAVAILABLE, "no", trailer(14, "no", info)))

    assert error.reason == ""


@pytest.mark.parametrize(
    "broken",
    [
        [("grpc-status-details-bin", b"\xff\xff garbage")],
        [("grpc-status-details-bin", "not bytes")],
        trailer(3, "another code"),
        trailer(14, "another message"),
        trailer(14, "no", Packed(type_url="type.googleapis.com/google.rpc.RetryInfo", value=b"\7")),
        trailer(14, "no", Packed(type_url="nonsense", value=b"\xff")),
        [("other", "value")],
    ],
    ids=["bytes", "text", "code", "message", "detail", "type", "absent"],
)
def test_error_of_call_keeps_the_status_when_trailer_is_broken(broken):
    error = error_of_call(FailedRpc(grpc.StatusCode.UNAVAILABLE, "no", broken))

    assert type(error) is nearhit.UnavailableError
    assert (error.message, error.reason, error.details) == ("no", "", {})


def test_error_of_item_has_the_same_class_as_the_call_would():
    violation = types_pb2.FieldViolation(field="ttl", description="is negative")
    item = semantic_cache_pb2.ItemError(
        code=3, reason="INVALID_FIELD", message="no", field_violations=[violation]
    )

    error = error_of_item(item)

    assert type(error) is nearhit.InvalidArgumentError
    assert error.field_violations == (nearhit.FieldViolation("ttl", "is negative"),)


@pytest.mark.parametrize("code", [0, 2, 99])
def test_error_of_item_is_nearhit_error_when_code_has_no_class(code):
    error = error_of_item(semantic_cache_pb2.ItemError(code=code, message="what"))

    assert type(error) is nearhit.NearhitError


def test_error_survives_pickling():
    error = nearhit.ResourceExhaustedError("full", reason="R", retry_delay=timedelta(seconds=1))

    copy = pickle.loads(pickle.dumps(error))

    assert (type(copy), vars(copy)) == (nearhit.ResourceExhaustedError, vars(error))
