"""The names that the core and the contract share."""

from nearhit.v1 import cache_admin_pb2, error_reason_pb2, semantic_cache_pb2, types_pb2
from nearhit_server.api.grpc.codec import choices
from nearhit_server.api.grpc.codec.entries import ALL_BUT_VECTOR
from nearhit_server.core.cache_settings import CacheField
from nearhit_server.core.errors import Reason
from nearhit_server.core.queries import RefusalReason


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
        (choices.REFUSAL_REASON_NUMBERS.values(), semantic_cache_pb2.RefusalReason),
        (choices.VERDICTS, semantic_cache_pb2.Verdict),
        (choices.VERIFICATIONS, cache_admin_pb2.Verification),
    ):
        assert {0, *table} == set(enum.values())


def test_every_setting_of_a_cache_can_be_changed():
    told = {"cache_id", "create_time", "update_time", "entry_count"}
    fields = {field.name for field in cache_admin_pb2.Cache.DESCRIPTOR.fields}
    assert {field.value for field in CacheField} == fields - told


def test_every_refusal_has_its_name_in_the_statistics():
    prefix = "REFUSAL_REASON_"
    names = {
        value.name.removeprefix(prefix).lower()
        for value in semantic_cache_pb2.RefusalReason.DESCRIPTOR.values
    }
    assert {reason.value for reason in RefusalReason} == names - {"unspecified"}


def test_every_field_of_an_entry_can_be_asked_for():
    fields = {field.name for field in types_pb2.Entry.DESCRIPTOR.fields}
    assert fields == ALL_BUT_VECTOR | {"vector"}
