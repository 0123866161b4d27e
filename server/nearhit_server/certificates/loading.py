"""From PEM files to what a server shows its callers."""

import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from nearhit_server.certificates.self_check import expiry_of


class CertificateError(Exception):
    """A certificate cannot be used; the message is one plain sentence for the operator."""


class _EncryptedKeyError(Exception):
    """OpenSSL asks for the key's password."""


@dataclass(frozen=True)
class CertificateFiles:
    """PEM files, named as in the settings. Without `client_ca` any client is let in."""

    certificate: Path
    key: Path
    client_ca: Path | None = None


@dataclass(frozen=True)
class Pem:
    """What the files hold."""

    certificate: bytes
    key: bytes = field(repr=False)
    client_ca: bytes | None


@dataclass(frozen=True)
class Identity:
    """Who the server is to its callers. `context` is for one TLS connection or many."""

    pem: Pem
    context: ssl.SSLContext
    expires_at: datetime


def read_pem(files: CertificateFiles) -> Pem:
    """The files as they are now. Raises CertificateError."""
    client_ca = None if files.client_ca is None else _read("tls_client_ca", files.client_ca)
    return Pem(
        certificate=_read("tls_certificate", files.certificate),
        key=_read("tls_key", files.key),
        client_ca=client_ca,
    )


def load_identity(files: CertificateFiles) -> Identity:
    """The identity that the files make, tried out. Raises CertificateError."""
    pem = read_pem(files)
    context = _context(files)
    expires_at = _expiry(files, context, pem)
    if pem.client_ca is not None:
        _require_clients(files, context, pem.client_ca)
    # OpenSSL reads the files by itself, gRPC is given what we read: it has to be the same.
    if read_pem(files) != pem:
        raise CertificateError(f"tls_certificate {files.certificate} changed while it was read")
    return Identity(pem, context, expires_at)


def _read(setting: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CertificateError(f"cannot read {setting} {path}: {error.strerror}") from error


def _context(files: CertificateFiles) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    try:
        # Without a password to give, OpenSSL would ask for one at the terminal.
        context.load_cert_chain(files.certificate, files.key, password=_no_password)
    except _EncryptedKeyError as error:
        raise CertificateError(
            f"tls_key {files.key} is encrypted; the server reads only keys without a password"
        ) from error
    except (OSError, ValueError) as error:
        raise CertificateError(_pair_problem(files, error)) from error
    return context


def _no_password() -> NoReturn:
    raise _EncryptedKeyError


def _pair_problem(files: CertificateFiles, error: Exception) -> str:
    pair = f"tls_certificate {files.certificate} and tls_key {files.key}"
    match getattr(error, "reason", None):
        case "KEY_VALUES_MISMATCH" | "KEY_TYPE_MISMATCH":
            return f"tls_key {files.key} is not the key of tls_certificate {files.certificate}"
        case str(reason) if reason != "PEM_LIB":
            return f"{pair} are of no use: {reason.replace('_', ' ').lower()}"
    return f"{pair} do not hold a certificate and its key in PEM"


def _expiry(files: CertificateFiles, context: ssl.SSLContext, pem: Pem) -> datetime:
    try:
        return datetime.fromtimestamp(expiry_of(context, pem.certificate), UTC)
    except ssl.SSLCertVerificationError as error:
        # It has expired, is not valid yet, or is not meant for servers.
        raise CertificateError(
            f"no client would accept tls_certificate {files.certificate}: {error.verify_message}"
        ) from error
    except (OSError, ValueError) as error:
        raise CertificateError(
            f"tls_certificate {files.certificate} is of no use: {error}"
        ) from error


def _require_clients(files: CertificateFiles, context: ssl.SSLContext, client_ca: bytes) -> None:
    context.verify_mode = ssl.CERT_REQUIRED
    try:
        context.load_verify_locations(cadata=client_ca.decode("ascii", "ignore"))
    except (ssl.SSLError, ValueError) as error:
        raise CertificateError(
            f"tls_client_ca {files.client_ca} does not hold certificates in PEM"
        ) from error
