"""What a connection over the HTTP port's context agrees on, and what it may not carry on with."""

import ssl

import pytest

from nearhit_server.certificates import open_certificates
from polling import until
from tls_files import Authority, MountedSecret
from tls_ports import client_context

OFTEN_SECONDS = 0.01

authority, other_authority = Authority(), Authority()


@pytest.fixture
def secret(tmp_path):
    return MountedSecret(tmp_path / "tls")


def followed(files, told):
    return open_certificates(files, on_loaded=told.append, interval_seconds=OFTEN_SECONDS)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_session_is_not_resumed_when_its_authority_was_withdrawn(secret, version):
    told = []
    pair = authority.issue()
    files = secret.publish(pair, authority.pem)
    client = client_context(authority.pem, authority.issue("a.example"))
    client.maximum_version = version
    async with followed(files, told) as certificates:
        server = certificates.http_context()
        session = talk(client, server).session
        assert talk(client, server, session).session_reused

        secret.publish(pair, other_authority.pem)
        await until(lambda: len(told) == 2)

        with pytest.raises(ssl.SSLError):
            talk(client, server, session)


def talk(client, server, session=None):
    """The client's side of a connection over which the server has said something."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    accepting = server.wrap_bio(to_server, to_client, server_side=True)
    connecting = client.wrap_bio(to_client, to_server, server_hostname="localhost", session=session)
    for side in (connecting, accepting) * 3:
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    accepting.write(b"x")
    assert connecting.read(1) == b"x"
    return connecting


async def test_http_context_agrees_on_http_1(secret):
    client = client_context(authority.pem)
    client.set_alpn_protocols(["h2", "http/1.1"])
    async with followed(secret.publish(authority.issue()), []) as certificates:
        connection = talk(client, certificates.http_context())
    assert connection.selected_alpn_protocol() == "http/1.1"
