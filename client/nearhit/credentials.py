"""TLS for both clients, from PEM files or what they hold."""

from os import PathLike, fspath
from pathlib import Path
from typing import Final, TypeAlias

import grpc

Pem: TypeAlias = str | PathLike[str] | bytes
"""The path of a PEM file, or PEM itself."""

_PEM: Final = "-----BEGIN "
_CERTIFICATE: Final = b"-----BEGIN CERTIFICATE-----"
_KEY: Final = b"PRIVATE KEY-----"
# Of PKCS 8, and of the older formats.
_ENCRYPTED: Final = (b"-----BEGIN ENCRYPTED", b"Proc-Type: 4,ENCRYPTED")


def tls(
    *, ca: Pem | None = None, certificate: Pem | None = None, key: Pem | None = None
) -> grpc.ChannelCredentials:
    """Credentials with which a client encrypts its calls: `Client(..., credentials=tls())`.

    Args:
        ca: the authorities that may have issued the server's certificate; None: the well-known
            ones that gRPC brings along.
        certificate: the client's own certificate and its chain, for servers that require one.
        key: the certificate's private key, not encrypted.

    The server's certificate has to be for the host in the client's target. If it is for another
    name, the client needs `options=[("grpc.ssl_target_name_override", name)]` too.

    Raises OSError for a file that cannot be read, ValueError for one that holds something else.
    """
    if (certificate is None) != (key is None):
        raise ValueError("certificate and key are of use only together")
    return grpc.ssl_channel_credentials(
        root_certificates=_certificates("ca", ca),
        private_key=_private_key(key),
        certificate_chain=_certificates("certificate", certificate),
    )


def _certificates(name: str, source: Pem | None) -> bytes | None:
    content = _content(name, source)
    if content is not None and _CERTIFICATE not in content:
        raise ValueError(f"{name} holds no certificate in PEM")
    return content


def _private_key(source: Pem | None) -> bytes | None:
    content = _content("key", source)
    if content is None:
        return None
    if any(mark in content for mark in _ENCRYPTED):
        raise ValueError("key is encrypted; gRPC reads only keys without a password")
    if _KEY not in content:
        raise ValueError("key holds no private key in PEM")
    return content


def _content(name: str, source: Pem | None) -> bytes | None:
    if source is None or isinstance(source, bytes):
        return source
    path = fspath(source)
    # Taken for a path, a key would be shown by the complaint that there is no such file.
    if _PEM in path:
        return path.encode()
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise OSError(error.errno, f"cannot read {name}: {error.strerror}", path) from error
