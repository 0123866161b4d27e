"""Messages that nobody would send by mistake, and bytes that are none."""

from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import strategies as st

_DEEPEST = 4
"""How deep messages nest; what nests without an end is tested on its own."""

_SCALARS: dict[int, st.SearchStrategy[Any]] = {
    FieldDescriptor.CPPTYPE_INT32: st.integers(-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: st.integers(-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: st.integers(0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: st.integers(0, 2**64 - 1),
    FieldDescriptor.CPPTYPE_DOUBLE: st.floats(),
    FieldDescriptor.CPPTYPE_FLOAT: st.floats(width=32),
    FieldDescriptor.CPPTYPE_BOOL: st.booleans(),
    # Also numbers that no version has a name for.
    FieldDescriptor.CPPTYPE_ENUM: st.one_of(st.integers(0, 3), st.integers(-(2**31), 2**31 - 1)),
}
_STRINGS = st.one_of(st.sampled_from(["", "default", "prompt", "ttl", "vector", "*"]), st.text())


@st.composite
def messages(draw: st.DrawFn, descriptor: Descriptor, depth: int = 0) -> Message:
    """A well-formed message with any values in any of its fields."""
    message = GetMessageClass(descriptor)()
    for field in descriptor.fields:
        nested = field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE
        if (nested and depth == _DEEPEST) or draw(st.booleans()):
            continue
        values = draw(_values(field, depth))
        # Fields are added as bytes: so maps, lists and single ones are made in one way.
        for value in values:
            message.MergeFromString(_alone(descriptor, field, value))
    return message


@st.composite
def mutilated(draw: st.DrawFn, descriptor: Descriptor) -> bytes:
    """The bytes of a message, cut short or with some of them changed."""
    raw = bytearray(draw(messages(descriptor)).SerializeToString())
    for _ in range(draw(st.integers(1, 4))):
        if raw:
            raw[draw(st.integers(0, len(raw) - 1))] = draw(st.integers(0, 255))
    return bytes(raw[: draw(st.integers(0, len(raw)))])


def hostile_bytes(descriptor: Descriptor) -> st.SearchStrategy[bytes]:
    """What may come instead of a message of that type."""
    return st.one_of(
        st.binary(),
        messages(descriptor).map(lambda message: message.SerializeToString()),
        mutilated(descriptor),
    )


def _values(field: FieldDescriptor, depth: int) -> st.SearchStrategy[list[Any]]:
    if field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
        one = messages(field.message_type, depth + 1)
    elif field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        is_text = field.type == FieldDescriptor.TYPE_STRING
        one = _STRINGS if is_text else st.binary(max_size=16)
    else:
        one = _SCALARS[field.cpp_type]
    return st.lists(one, min_size=1, max_size=2 if field.is_repeated else 1)


def _alone(descriptor: Descriptor, field: FieldDescriptor, value: Any) -> bytes:
    """The bytes of a message with that one value."""
    message = GetMessageClass(descriptor)()
    if not field.is_repeated:
        if isinstance(value, Message):
            getattr(message, field.name).MergeFrom(value)
            getattr(message, field.name).SetInParent()
        else:
            setattr(message, field.name, value)
    elif field.message_type is not None and field.message_type.GetOptions().map_entry:
        getattr(message, field.name)[value.key] = value.value
    elif isinstance(value, Message):
        getattr(message, field.name).add().MergeFrom(value)
    else:
        getattr(message, field.name).append(value)
    return message.SerializeToString()
