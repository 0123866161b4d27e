"""What may listen where."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from nearhit_server.exposure import ExposureError, check_exposure
from nearhit_server.settings import Settings

TLS = {"tls_certificate": Path("server.crt"), "tls_key": Path("server.key")}
CLIENT_CA = {"tls_client_ca": Path("ca.crt")}

ANYWHERE = "0.0.0.0:50051"
LOOPBACK = "127.0.0.1:50051"


def settings(**given):
    return Settings(**{"grpc": LOOPBACK, "http": "off", **given})


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1:1", "127.8.9.10:1", "localhost:1", "LocalHost:1", "[::1]:1"],
)
@pytest.mark.parametrize("port", ["grpc", "http"])
def test_loopback_needs_nothing(port, address):
    check_exposure(settings(**{port: address}))


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0:1", "[::]:1", "10.0.0.7:1", "192.168.1.5:0", "[fe80::1]:1", "128.0.0.1:1"),
        *("cache.example:1", "localhost.example:1", "*:1", "127.0.0.1.example:1"),
    ],
)
@pytest.mark.parametrize("port", ["grpc", "http"])
def test_address_beyond_loopback_is_refused_and_named(port, address):
    with pytest.raises(ExposureError) as failure:
        check_exposure(settings(**{port: address}))

    assert f"{port} at {address} listens" in str(failure.value)


@pytest.mark.parametrize(
    ("given", "missing", "there"),
    [
        ({}, ["--tls-certificate", "--require-keys", "--tls-client-ca"], []),
        (TLS, ["api_keys", "--require-keys", "--tls-client-ca"], ["--tls-certificate"]),
        ({"api_keys": "secret"}, ["--tls-certificate"], ["--require-keys"]),
        ({"require_keys": True}, ["--tls-certificate"], ["--require-keys"]),
        ({**TLS, "api_keys": "secret", "require_keys": False}, ["--require-keys"], []),
    ],
)
def test_refusal_names_what_is_missing(given, missing, there):
    with pytest.raises(ExposureError) as failure:
        check_exposure(settings(grpc=ANYWHERE, **given))

    sentence = str(failure.value)
    assert all(word in sentence for word in [*missing, "--insecure"])
    assert not any(word in sentence for word in there)
    assert "\n" not in sentence


@pytest.mark.parametrize(
    "given",
    [
        {**TLS, "api_keys": "secret"},
        {**TLS, "require_keys": True},
        {**TLS, **CLIENT_CA},
    ],
)
def test_both_ports_may_listen_anywhere_when_encrypted_and_callers_are_known(given):
    with capture_logs() as logs:
        check_exposure(settings(grpc=ANYWHERE, http="0.0.0.0:8080", **given))
    assert not logs


def test_refusal_names_both_ports_when_both_are_open():
    with pytest.raises(ExposureError, match=r"grpc at 0.* and http at \[::\]:1 listen beyond"):
        check_exposure(settings(grpc=ANYWHERE, http="[::]:1"))


def test_insecure_lets_it_through_with_a_warning():
    with capture_logs() as logs:
        check_exposure(settings(grpc=ANYWHERE, insecure=True, api_keys="secret"))

    (line,) = logs
    assert (line["log_level"], line["listening"]) == ("warning", [f"grpc at {ANYWHERE}"])
    assert (line["encrypted"], line["knows_callers"]) == (False, True)
    assert "secret" not in str(line)


def test_insecure_says_nothing_when_there_is_nothing_to_say():
    with capture_logs() as logs:
        check_exposure(settings(insecure=True))
    assert not logs
