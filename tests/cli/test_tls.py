"""The commands' TLS options against a server that encrypts, and what they say when it fails."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc
import pytest
from typer.testing import CliRunner

from nearhit_server.cli import app
from tls_files import Authority, write_pair

authority, other_authority = Authority(), Authority()

COMMANDS = [["health", "--service", "x"], ["caches", "list"], ["flush", "--yes"]]


class AnswersNothing(grpc.GenericRpcHandler):
    """Answers every method with an empty message."""

    def service(self, _):
        return grpc.unary_unary_rpc_method_handler(lambda request, context: b"")


@contextmanager
def server(pair=None, client_ca=None) -> Iterator[str]:
    """The address of a server that shows `pair`, and without one does not encrypt."""
    server = grpc.server(ThreadPoolExecutor(2), [AnswersNothing()])
    if pair is None:
        port = server.add_insecure_port("127.0.0.1:0")
    else:
        credentials = grpc.ssl_server_credentials(
            [(pair.key, pair.certificate)], client_ca, require_client_auth=client_ca is not None
        )
        port = server.add_secure_port("127.0.0.1:0", credentials)
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


@pytest.fixture
def ca(tmp_path):
    """The file of the authority that issued the server's certificate."""
    path = tmp_path / "ca.crt"
    path.write_bytes(authority.pem)
    return str(path)


def run(*words, **variables):
    return CliRunner().invoke(app, words, env=variables, catch_exceptions=False)


def reached(result):
    """Whether the server answered. It knows no health, which is an answer too."""
    return result.exit_code == 0 or result.stderr == "nearhit: x is UNKNOWN\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_trusts_the_authority_that_it_is_given(command, ca):
    with server(authority.issue()) as target:
        assert reached(run(*command, "--target", target, "--tls-ca", ca))
        assert reached(run(*command, NEARHIT_TARGET=target, NEARHIT_CA=ca))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_shows_its_own_certificate(command, ca, tmp_path):
    certificate, key = map(str, write_pair(tmp_path, authority.issue("client.example")))
    with server(authority.issue(), authority.pem) as target:
        own = ("--tls-cert", certificate, "--tls-key", key)
        assert reached(run(*command, "--target", target, "--tls-ca", ca, *own))
        variables = {"NEARHIT_CLIENT_CERTIFICATE": certificate, "NEARHIT_CLIENT_KEY": key}
        assert reached(run(*command, "--target", target, NEARHIT_CA=ca, **variables))


def test_certificate_for_another_name_is_trusted_when_it_is_told(ca):
    with server(authority.issue("cache.example")) as target:
        refused = run("caches", "list", "--target", target, "--tls-ca", ca)
        named = ("--tls-server-name", "cache.example")
        assert reached(run("caches", "list", "--target", target, "--tls-ca", ca, *named))

    assert refused.exit_code == 1
    assert refused.stderr == (
        f"nearhit: {target} shows a certificate for another name; "
        "--tls-server-name tells which one to expect\n"
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_unknown_authority_is_said_in_one_sentence(command):
    with server(authority.issue()) as target:
        result = run(*command, "--target", target, "--tls")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"nearhit: {target} shows a certificate of an authority that is not trusted here; "
        "--tls-ca names a file of those to trust\n"
    )


@pytest.mark.parametrize("issuer", [None, other_authority])
def test_missing_or_wrong_client_certificate_is_said_in_one_sentence(issuer, ca, tmp_path):
    own = []
    if issuer is not None:
        certificate, key = write_pair(tmp_path, issuer.issue("client.example"))
        own = ["--tls-cert", str(certificate), "--tls-key", str(key)]
    with server(authority.issue(), authority.pem) as target:
        result = run("health", "--target", target, "--tls-ca", ca, *own)

    assert result.exit_code == 1
    assert result.stderr.startswith(f"nearhit: {target} ends the connection at once; it may")


def test_plain_command_is_told_that_the_server_may_require_tls():
    with server(authority.issue()) as target:
        result = run("caches", "list", "--target", target)

    assert result.exit_code == 1
    assert "it may require TLS (--tls, --tls-ca)" in result.stderr


def test_tls_to_a_server_without_it_is_said_in_one_sentence():
    with server() as target:
        result = run("caches", "list", "--target", target, "--tls")

    assert result.exit_code == 1
    assert result.stderr.startswith(f"nearhit: {target} does not encrypt; ")


def test_files_that_do_not_belong_together_are_said_in_one_sentence(ca, tmp_path):
    certificate, _ = write_pair(tmp_path, authority.issue("client.example"))
    _, key = write_pair(tmp_path, authority.issue("client.example"))
    with server(authority.issue()) as target:
        own = ("--tls-cert", str(certificate), "--tls-key", str(key))
        result = run("caches", "list", "--target", target, "--tls-ca", ca, *own)

    assert result.exit_code == 1
    assert "or the key of another one" in result.stderr


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--tls-ca", "/no/such.crt"], "cannot read ca: No such file or directory: /no/such.crt"),
        (["--tls-key", "own.key"], "certificate and key are of use only together"),
    ],
)
def test_options_of_no_use_are_said_in_one_sentence(command, options, complaint):
    result = run(*command, *options)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1
    assert complaint in result.stderr
