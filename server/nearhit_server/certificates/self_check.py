"""A server's certificate as a client sees it, found out in memory.

The standard library has no public way to read a certificate, but it tells a client what the server
showed once it has verified it. So a client of our own, which trusts this one certificate,
connects. What it refuses, every other client would.
"""

import re
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Final

_FIRST_CERTIFICATE: Final = re.compile(
    rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL
)

_MOST_FLIGHTS: Final = 8
"""A TLS handshake takes three messages each way at most."""


def expiry_of(server: ssl.SSLContext, chain: bytes) -> int:
    """When the first certificate of `chain`, PEM, ends, in seconds since 1970.

    Raises ssl.SSLError, and SSLCertVerificationError if a client would not accept it.
    """
    leaf = _FIRST_CERTIFICATE.search(chain)
    if leaf is None:
        raise ValueError("it holds no certificate in PEM")
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    # Trusts a certificate for itself, whoever issued it.
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    client.load_verify_locations(cadata=leaf.group().decode("ascii"))
    shown = _handshake(server, client).getpeercert()
    assert shown is not None
    return ssl.cert_time_to_seconds(str(shown["notAfter"]))


def _handshake(server: ssl.SSLContext, client: ssl.SSLContext) -> ssl.SSLObject:
    """The client's side of a connection between the two."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    accepting = server.wrap_bio(to_server, to_client, server_side=True)
    connecting = client.wrap_bio(to_client, to_server)
    steps: list[Callable[[], None]] = [connecting.do_handshake, accepting.do_handshake]
    for flight in range(_MOST_FLIGHTS):
        with suppress(ssl.SSLWantReadError):
            steps[flight % 2]()
    return connecting
