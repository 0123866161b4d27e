"""What a call's span says of it, in the words of OpenTelemetry's semantic conventions.

Never a prompt, whatever is logged: traces travel further than logs.
"""

from typing import Final

from nearhit_server.core.observing import CallRecord
from nearhit_server.core.queries import Hit

Attributes = dict[str, str | bool | int | float]

_GRPC_FAULTS: Final = frozenset(
    ("UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS")
)
"""The conventions' list of what is an error of the server and not of its caller."""


def is_fault(record: CallRecord) -> bool:
    """Whether a call ended in an error of the server."""
    if record.protocol == "grpc":
        return record.status in _GRPC_FAULTS
    return record.status.startswith("5")


def attributes_of(record: CallRecord) -> Attributes:
    """The attributes of a call's span."""
    attributes = _grpc(record) if record.protocol == "grpc" else _http(record)
    attributes["nearhit.request_id"] = record.request_id
    if is_fault(record):
        attributes["error.type"] = record.reason or record.status
    if record.cache_name:
        attributes["nearhit.cache"] = record.cache_name
    if record.searches == 1:
        _add_outcome(attributes, record)
    return attributes


def _grpc(record: CallRecord) -> Attributes:
    return {
        "rpc.system.name": "grpc",
        "rpc.method": record.method,
        "rpc.response.status_code": record.status,
    }


def _http(record: CallRecord) -> Attributes:
    verb, _, route = record.method.partition(" ")
    attributes: Attributes = {"http.request.method": verb, "http.route": route}
    if not route:
        # What has no route is named without a verb; the conventions' word for that:
        attributes = {"http.request.method": "_OTHER"}
    if record.status.isdigit():
        attributes["http.response.status_code"] = int(record.status)
    return attributes


def _add_outcome(attributes: Attributes, record: CallRecord) -> None:
    outcome = record.first_outcome
    attributes["nearhit.hit"] = isinstance(outcome, Hit)
    if isinstance(outcome, Hit):
        attributes["nearhit.similarity"] = outcome.matches[0].similarity
    elif outcome is not None and outcome.nearest_similarity is not None:
        attributes["nearhit.similarity"] = outcome.nearest_similarity
