"""Filters as messages."""

from nearhit import filters
from nearhit.messages import values
from nearhit.v1 import types_pb2


def filter_message(filter_: filters.Filter) -> types_pb2.Filter:
    """The message for a filter. Raises TypeError for what is no filter."""
    match filter_:
        case filters.AllOf(parts):
            return types_pb2.Filter(all_of=_list(parts))
        case filters.AnyOf(parts):
            return types_pb2.Filter(any_of=_list(parts))
        case filters.Negation(part):
            return types_pb2.Filter(negation=filter_message(part))
        case filters.TagIn(name, allowed):
            tag_in = types_pb2.TagIn(
                name=_name(name), values=values.texts(f"the values of {name!r}", allowed)
            )
            return types_pb2.Filter(tag_in=tag_in)
        case filters.NumericRange():
            return types_pb2.Filter(numeric_range=_numeric_range(filter_))
        case filters.TextMatch(name, text):
            text_match = types_pb2.TextMatch(
                name=_name(name), text=values.text(f"the text for {name!r}", text)
            )
            return types_pb2.Filter(text_match=text_match)
    raise TypeError(
        f"filter must be a Filter, not {type(filter_).__name__}: "
        'make one with nearhit.attribute("lang") == "en"'
    )


def _list(parts: tuple[filters.Filter, ...]) -> types_pb2.Filter.List:
    return types_pb2.Filter.List(filters=[filter_message(part) for part in parts])


def _numeric_range(range_: filters.NumericRange) -> types_pb2.NumericRange:
    return types_pb2.NumericRange(
        name=_name(range_.name),
        min=_bound(range_.name, range_.minimum),
        max=_bound(range_.name, range_.maximum),
        exclusive_min=range_.exclusive_minimum,
        exclusive_max=range_.exclusive_maximum,
    )


def _bound(name: str, bound: float | None) -> float | None:
    return None if bound is None else values.number(f"a bound of {name!r}", bound)


def _name(name: str) -> str:
    return values.text("an attribute's name", name)
