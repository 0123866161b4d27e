"""What users see: two clients with one face, a light import, no secrets shown."""

import inspect
import json
import subprocess
import sys
from typing import Any

import pytest

import nearhit
from nearhit import choices
from nearhit.messages import enums
from nearhit.operations import Operations
from nearhit.transport import IDEMPOTENT_METHODS, channel_options, service_config
from nearhit.v1 import (
    cache_admin_pb2,
    cache_quality_pb2,
    embedding_cache_pb2,
    key_admin_pb2,
    semantic_cache_pb2,
)

NEVER_REPEATED = {"CreateCache", "DeleteCache", "CreateKey", "RotateKey"}

IMPORT_AND_REPORT = """
import json, sys, time
start = time.process_time()
import nearhit
seconds = time.process_time() - start
packages = sorted({name.partition(".")[0] for name in sys.modules})
print(json.dumps({"seconds": seconds, "packages": packages}))
"""


def public_methods(kind: type[Any]) -> dict[str, Any]:
    return {
        name: member
        for name, member in inspect.getmembers(kind, inspect.isfunction)
        if not name.startswith("_")
    }


def parameters(method: Any) -> list[inspect.Parameter]:
    return list(inspect.signature(method).parameters.values())


def test_both_clients_have_the_same_methods_with_the_same_signatures():
    blocking, asynchronous = public_methods(nearhit.Client), public_methods(nearhit.AsyncClient)

    assert blocking.keys() == asynchronous.keys()
    for name, method in blocking.items():
        assert parameters(method) == parameters(asynchronous[name]), name
        assert method.__doc__ == asynchronous[name].__doc__, name
    assert parameters(nearhit.Client.__init__) == parameters(nearhit.AsyncClient.__init__)


@pytest.mark.parametrize(
    ("method", "missing"), [("delete_embeddings", "namespace"), ("store", "prompt")]
)
def test_complaint_about_a_missing_argument_names_the_method(method, missing):
    with pytest.raises(TypeError, match=rf"^{method}\(\) missing .*'{missing}'"):
        getattr(nearhit.Client(), method)()


def test_both_clients_have_every_operation():
    operations = public_methods(Operations)

    assert operations.keys() <= public_methods(nearhit.Client).keys()
    for name, operation in operations.items():
        method = getattr(nearhit.Client, name)
        assert (method.__name__, method.__doc__) == (name, operation.__doc__)


@pytest.mark.parametrize("kind", [nearhit.Client, nearhit.AsyncClient])
def test_signatures_tell_what_callers_get(kind):
    returned = {
        name: inspect.signature(method).return_annotation
        for name, method in public_methods(kind).items()
    }

    assert returned["search"] == nearhit.Hit | nearhit.Miss
    assert returned["store_many"] == list[nearhit.Stored | nearhit.NearhitError]
    assert not any("nearhit.calls" in str(annotation) for annotation in returned.values())


def test_every_method_takes_a_timeout():
    for name, method in public_methods(nearhit.Client).items():
        assert name == "close" or "timeout" in inspect.signature(method).parameters, name


def test_import_is_light_and_quick():
    output = subprocess.run(
        [sys.executable, "-c", IMPORT_AND_REPORT], capture_output=True, text=True, check=True
    ).stdout
    report = json.loads(output)

    heavy = {
        *("numpy", "torch", "pydantic", "sentence_transformers", "nearhit_server"),
        *("langchain", "langchain_core", "redisvl"),
    }
    assert not heavy & set(report["packages"])
    assert report["seconds"] < 0.3


def test_version_is_that_of_the_package():
    assert nearhit.__version__.count(".") == 2
    with pytest.raises(AttributeError, match="nothing_such"):
        _ = nearhit.nothing_such


def test_all_names_exist():
    assert all(hasattr(nearhit, name) for name in nearhit.__all__)


@pytest.mark.parametrize("kind", [nearhit.Client, nearhit.AsyncClient])
def test_client_does_not_show_its_key(kind):
    client = kind("cache.example:1", cache="faq", api_key="nh_1_secret")

    assert repr(client) == f"{kind.__name__}('cache.example:1', cache='faq')"


@pytest.mark.parametrize("key", ["nh_1_secret\n", "", "nh 1 secret", "nh_1_sécret"])
def test_client_refuses_a_key_that_cannot_be_sent_without_showing_it(key):
    with pytest.raises(ValueError, match="api_key must be") as failure:
        nearhit.Client(api_key=key)

    assert "cret" not in str(failure.value)


@pytest.mark.parametrize(
    "pair", [("X-Tenant", "a"), ("x-tenant", "a\n"), ("x-tenant", b"a"), ("x-tenant-bin", "a")]
)
def test_client_refuses_metadata_that_cannot_be_sent(pair):
    with pytest.raises(ValueError, match="metadata"):
        nearhit.Client(metadata=[pair])


def test_every_rpc_of_the_client_is_either_idempotent_or_known_not_to_be():
    for file in (
        *(semantic_cache_pb2, embedding_cache_pb2, cache_admin_pb2),
        *(cache_quality_pb2, key_admin_pb2),
    ):
        for service in file.DESCRIPTOR.services_by_name.values():
            repeated = set(IDEMPOTENT_METHODS[service.full_name])
            known = set(service.methods_by_name)

            assert repeated <= known
            assert known - repeated <= NEVER_REPEATED


def test_service_config_retries_the_ends_of_servers_alone():
    (config,) = json.loads(service_config())["methodConfig"]

    assert config["retryPolicy"]["retryableStatusCodes"] == ["UNAVAILABLE", "CANCELLED"]
    assert not NEVER_REPEATED & {name["method"] for name in config["name"]}


def test_channel_options_of_the_caller_come_first():
    options = dict(channel_options([("grpc.keepalive_time_ms", 1), ("grpc.own", "x")]))

    assert (options["grpc.keepalive_time_ms"], options["grpc.own"]) == (1, "x")
    assert options["grpc.max_receive_message_length"] == 32 * 1024 * 1024


@pytest.mark.parametrize(
    ("table", "wire"),
    [
        (enums.STRATEGIES, "SearchStrategy"),
        (enums.EXACT_ONLY_REASONS, "ExactOnlyReason"),
        (enums.LONG_PROMPTS, "LongPrompts"),
        (enums.ATTRIBUTE_TYPES, "AttributeType"),
        (enums.KEY_SCOPES, "KeyScope"),
        (enums.VERIFICATIONS, "Verification"),
        (enums.VERDICTS, "Verdict"),
        (enums.REFUSAL_REASONS, "RefusalReason"),
    ],
)
def test_enum_table_knows_every_value_of_the_protocol(table, wire):
    pool = semantic_cache_pb2.DESCRIPTOR.pool
    numbers = set(pool.FindEnumTypeByName(f"nearhit.v1.{wire}").values_by_number) - {0}

    assert set(table.numbers.values()) == numbers
    others = {choices.ExactOnlyReason.OTHER, choices.RefusalReason.OTHER}
    assert set(table.numbers) | others >= set(table.kind)
