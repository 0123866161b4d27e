"""The names that the core and the contract share."""

from nearhit.v1 import error_reason_pb2, types_pb2
from nearhit_server.api.grpc.codec import choices
from nearhit_server.api.grpc.codec.entries import ALL_BUT_VECTOR
from nearhit_server.core.errors import Reason


def test_reasons_are_those_of_the_contract():
    prefix = "ERROR_REASON_"
    names = {
        value.name.removeprefix(prefix) for value in error_reason_pb2.ErrorReason.DESCRIPTOR.values
    }
    assert {reason.value for reason in Reason} == names - {"UNSPECIFIED"}


def test_every_choice_of_the_contract_has_its_value():
    for table, enum in (
        (choices.STRATEGIES, types_pb2.SearchStrategy),
        (choices.EXACT_ONLY_REASON_NUMBERS.values(), types_pb2.ExactOnlyReason),
    ):
        assert {0, *table} == set(enum.values())


def test_every_field_of_an_entry_can_be_asked_for():
    fields = {field.name for field in types_pb2.Entry.DESCRIPTOR.fields}
    assert fields == ALL_BUT_VECTOR | {"vector"}
