"""Certificates in files, renewed the way that Kubernetes renews a mounted secret."""

import os
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path

import trustme
from cryptography.hazmat.primitives import serialization

from nearhit_server.certificates import CertificateFiles

_numbers = count()


@dataclass(frozen=True)
class Pair:
    """A certificate with its chain, and its key, both PEM."""

    certificate: bytes
    key: bytes


class Authority:
    """Issues certificates; `pem` is its own."""

    def __init__(self) -> None:
        self._authority = trustme.CA()
        self.pem = self._authority.cert_pem.bytes()

    def issue(
        self,
        *names: str,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
    ) -> Pair:
        """A certificate for these names, for localhost and 127.0.0.1 if there are none."""
        issued = self._authority.issue_cert(
            *(names or ("localhost", "127.0.0.1")), not_before=not_before, not_after=not_after
        )
        chain = b"".join(blob.bytes() for blob in issued.cert_chain_pems)
        return Pair(chain, issued.private_key_pem.bytes())


def encrypted(key: bytes) -> bytes:
    """The same private key under a password."""
    loaded = serialization.load_pem_private_key(key, password=None)
    return loaded.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"password"),
    )


def write_pair(folder: Path, pair: Pair) -> tuple[Path, Path]:
    """The files of the certificate and its key."""
    certificate, key = folder / f"{next(_numbers)}.crt", folder / f"{next(_numbers)}.key"
    certificate.write_bytes(pair.certificate)
    key.write_bytes(pair.key)
    return certificate, key


class MountedSecret:
    """A folder whose files change all at once: they lead through a link, which is replaced."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()

    def publish(self, pair: Pair, client_ca: bytes | None = None) -> CertificateFiles:
        """Put these in place of what was there."""
        version = self._folder / f"..{next(_numbers)}"
        version.mkdir()
        contents = {"tls.crt": pair.certificate, "tls.key": pair.key, "ca.crt": client_ca}
        for name, content in contents.items():
            if content is not None:
                (version / name).write_bytes(content)
        link = self._folder / "..new"
        link.symlink_to(version.name)
        os.replace(link, self._folder / "..data")
        data = self._folder / "..data"
        return CertificateFiles(
            data / "tls.crt", data / "tls.key", None if client_ca is None else data / "ca.crt"
        )
