"""`nearhit.tls`: what it takes, what it refuses, and that no key is ever shown."""

from collections.abc import AsyncIterator

import grpc.aio
import pytest

import nearhit
from tls_files import Authority, encrypted, write_pair

authority = Authority()
pair = authority.issue("client.example")


class AnswersNothing(grpc.GenericRpcHandler):
    """Answers every method with an empty message."""

    def service(self, _):
        async def answer(request, context):
            return b""

        return grpc.unary_unary_rpc_method_handler(answer)


@pytest.fixture
async def strict_target() -> AsyncIterator[str]:
    """A server that requires certificates of clients."""
    shown = authority.issue()
    credentials = grpc.ssl_server_credentials(
        [(shown.key, shown.certificate)], authority.pem, require_client_auth=True
    )
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((AnswersNothing(),))
    port = server.add_secure_port("127.0.0.1:0", credentials)
    await server.start()
    yield f"127.0.0.1:{port}"
    await server.stop(None)


async def test_client_is_answered_when_both_sides_are_trusted(strict_target, call):
    own = nearhit.tls(ca=authority.pem, certificate=pair.certificate, key=pair.key)
    await call("close")
    call.connect(strict_target, credentials=own, api_key="nh_1_secret")

    assert await call("flush") == 0


@pytest.mark.parametrize(
    "given",
    [
        {"ca": authority.pem},
        {"ca": Authority().pem, "certificate": pair.certificate, "key": pair.key},
    ],
)
async def test_client_raises_unavailable_when_one_side_is_not_trusted(strict_target, call, given):
    await call("close")
    call.connect(strict_target, credentials=nearhit.tls(**given))

    with pytest.raises(nearhit.UnavailableError):
        await call("flush")


@pytest.mark.parametrize("ca", [None, authority.pem, authority.pem.decode()])
@pytest.mark.parametrize("own", [{}, {"certificate": pair.certificate, "key": pair.key.decode()}])
def test_pem_is_taken_as_bytes_or_text(ca, own):
    with nearhit.Client(credentials=nearhit.tls(ca=ca, **own)):
        pass


def test_pem_is_read_from_paths(tmp_path):
    certificate, key = write_pair(tmp_path, pair)

    nearhit.tls(ca=certificate, certificate=str(certificate), key=key)


@pytest.mark.parametrize("given", [{"certificate": pair.certificate}, {"key": pair.key}])
def test_half_a_pair_is_refused(given):
    with pytest.raises(ValueError, match="certificate and key are of use only together"):
        nearhit.tls(**given)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"ca": b"nonsense"}, "ca holds no certificate in PEM"),
        ({"ca": pair.key}, "ca holds no certificate in PEM"),
        ({"certificate": b"", "key": pair.key}, "certificate holds no certificate in PEM"),
        ({"certificate": pair.certificate, "key": b""}, "key holds no private key in PEM"),
        ({"certificate": pair.key, "key": pair.certificate}, "holds no"),
        ({"certificate": pair.certificate, "key": encrypted(pair.key)}, "key is encrypted"),
    ],
)
def test_what_is_no_pem_is_refused_without_being_shown(given, complaint):
    with pytest.raises(ValueError, match=complaint) as failure:
        nearhit.tls(**given)

    assert "BEGIN" not in str(failure.value)


@pytest.mark.parametrize("name", ["ca", "key"])
def test_file_that_cannot_be_read_is_named(tmp_path, name):
    path = tmp_path / "missing.pem"
    given = {"certificate": pair.certificate, "key": pair.key, name: path}

    with pytest.raises(FileNotFoundError, match=f"cannot read {name}") as failure:
        nearhit.tls(**given)

    assert failure.value.filename == str(path)
