"""The filter tree."""

from nearhit.v1 import types_pb2
from nearhit_server.core.filters import (
    AllOf,
    AnyOf,
    Filter,
    Negation,
    NumericRange,
    TagIn,
    TextMatch,
)
from nearhit_server.core.validation import invalid


def decode_filter(message: types_pb2.Filter, *, field: str = "filter") -> Filter:
    """The filter. Raises InvalidArgumentError for a node that says nothing.

    Recursive without a limit of its own, because protobuf parses at most 100 levels.
    """
    match message.WhichOneof("kind"):
        case "all_of":
            return AllOf(_decode_list(message.all_of, field=f"{field}.all_of"))
        case "any_of":
            return AnyOf(_decode_list(message.any_of, field=f"{field}.any_of"))
        case "negation":
            return Negation(decode_filter(message.negation, field=f"{field}.negation"))
        case "tag_in":
            return TagIn(message.tag_in.name, tuple(message.tag_in.values))
        case "numeric_range":
            return _decode_range(message.numeric_range)
        case "text_match":
            return TextMatch(message.text_match.name, message.text_match.text)
    raise invalid(field, "is empty")


def _decode_list(message: types_pb2.Filter.List, *, field: str) -> tuple[Filter, ...]:
    return tuple(
        decode_filter(child, field=f"{field}.filters[{index}]")
        for index, child in enumerate(message.filters)
    )


def _decode_range(message: types_pb2.NumericRange) -> NumericRange:
    return NumericRange(
        message.name,
        minimum=message.min if message.HasField("min") else None,
        maximum=message.max if message.HasField("max") else None,
        exclusive_minimum=message.exclusive_min,
        exclusive_maximum=message.exclusive_max,
    )
