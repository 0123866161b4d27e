"""`nearhit serve`: TLS by its flags, and what keeps it from starting."""

from urllib.request import urlopen

import pytest
from typer.testing import CliRunner

from nearhit_server.cli import app
from server_process import failed_start, server_process
from tls_files import Authority, write_pair
from tls_ports import client_context

authority = Authority()

ANYWHERE = ["--grpc", "0.0.0.0:0", "--http", "off"]


def test_server_encrypts_and_requires_certificates_when_flags_say_so(tmp_path):
    client_ca = tmp_path / "ca.crt"
    client_ca.write_bytes(authority.pem)
    certificate, key = write_pair(tmp_path, authority.issue())
    client = authority.issue("client.example")
    own_certificate, own_key = write_pair(tmp_path, client)
    tls = ["--tls-certificate", certificate, "--tls-key", key, "--tls-client-ca", client_ca]

    ports = ["--grpc", "0.0.0.0:0", "--http", "0.0.0.0:0"]
    with server_process(tmp_path / "data", *ports, *map(str, tls)) as server:
        target = server.address.replace("0.0.0.0", "127.0.0.1")
        trusting = ["--target", target, "--tls-ca", str(client_ca)]
        own = ["--tls-cert", str(own_certificate), "--tls-key", str(own_key)]
        for command in (["health"], ["caches", "list"]):
            assert CliRunner().invoke(app, [*command, *trusting, *own]).exit_code == 0
            assert CliRunner().invoke(app, [*command, *trusting]).exit_code == 1
        url = f"https://{server.http_address.replace('0.0.0.0', '127.0.0.1')}/healthz"
        with urlopen(url, context=client_context(authority.pem, client)) as answer:
            assert answer.status == 200
        with pytest.raises(OSError):  # noqa: PT011  (TLS 1.3 and 1.2 end it in different ways)
            urlopen(url, context=client_context(authority.pem))


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (
            ["--tls-certificate", "server.crt"],
            "settings: tls_certificate and tls_key are of use only together",
        ),
        (
            ["--tls-client-ca", "ca.crt"],
            "settings: tls_client_ca needs tls_certificate and tls_key",
        ),
        (["--http", "8080"], "setting http: is not HOST:PORT"),
    ],
)
def test_wrong_flag_is_said_in_one_sentence(flags, sentence):
    result = CliRunner().invoke(app, ["serve", *flags])

    assert (result.exit_code, result.stderr) == (1, f"nearhit: {sentence}\n")


def test_runtime_that_does_not_know_the_device_is_refused():
    result = CliRunner().invoke(
        app, ["serve"], env={"NEARHIT_RUNTIME": "openvino", "NEARHIT_DEVICE": "cuda"}
    )

    sentence = "settings: runtime openvino is for the CPU; leave device unset, or runtime auto"
    assert (result.exit_code, result.stderr) == (1, f"nearhit: {sentence}\n")


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (
            # It gets as far as the certificate: nothing is said of keys.
            [*ANYWHERE, "--insecure", "--tls-certificate", "/no/such.crt", "--tls-key", "/no.key"],
            "nearhit: cannot read tls_certificate /no/such.crt: No such file or directory",
        ),
        (
            [*ANYWHERE, "--require-keys"],
            (
                "nearhit: grpc at 0.0.0.0:0 listens beyond this machine and lacks TLS "
                "(tls_certificate and tls_key; --tls-certificate and --tls-key); "
                "set what is missing, listen on 127.0.0.1, or allow it with --insecure"
            ),
        ),
    ],
)
def test_start_that_must_not_be_is_said_in_one_sentence(tmp_path, flags, sentence):
    assert failed_start("--data-dir", str(tmp_path), *flags) == sentence
