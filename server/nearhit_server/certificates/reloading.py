"""Certificates that are renewed under a running server."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any, Final

import grpc
import structlog

from nearhit_server.certificates.loading import (
    CertificateError,
    CertificateFiles,
    Identity,
    Pem,
    load_identity,
    read_pem,
)

_log = structlog.get_logger()

_INTERVAL_SECONDS: Final = 1.0


class Certificates:
    """What new connections of both ports are shown: always the newest that can be used.

    Connections that are open stay as they are.
    """

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    @property
    def expires_at(self) -> datetime:
        """When the server's certificate ends."""
        return self._identity.expires_at

    def grpc_credentials(self) -> grpc.ServerCredentials:
        """Credentials for one gRPC port."""
        shown = self._identity

        # The declared type lacks the None that the library asks for.
        def fetch() -> Any:
            # At every handshake, in a thread of gRPC's. None leaves it what it has, which is
            # far cheaper than to set it up anew.
            nonlocal shown
            current = self._identity
            if current is shown:
                return None
            shown = current
            return _configuration(current.pem)

        return grpc.dynamic_ssl_server_credentials(
            _configuration(shown.pem),
            fetch,
            require_client_authentication=shown.pem.client_ca is not None,
        )

    def http_context(self) -> ssl.SSLContext:
        """A context for an asyncio server of HTTP/1.1."""
        return _NewestContext.of(self)

    def newest_context(self) -> ssl.SSLContext:
        """The context for one more connection."""
        return self._identity.context

    async def follow(
        self,
        files: CertificateFiles,
        *,
        on_loaded: Callable[[datetime], None],
        interval_seconds: float,
    ) -> None:
        """Take over what the files become, for ever. What cannot be used is logged once."""
        tried: Pem | str = self._identity.pem
        seen = tried
        while True:
            await asyncio.sleep(interval_seconds)
            found = await asyncio.to_thread(_look, files)
            # Only what has been the same twice: files are written one after the other.
            if found == seen and found != tried:
                tried = found
                if await self._reload(files):
                    on_loaded(self.expires_at)
            seen = found

    async def _reload(self, files: CertificateFiles) -> bool:
        try:
            self._identity = await asyncio.to_thread(load_identity, files)
        except CertificateError as error:
            _log.error("certificate not reloaded, the old one stays", error=str(error))
            return False
        except Exception:
            # Whatever it is, the next renewal must not be missed for it.
            _log.exception("certificate not reloaded, the old one stays")
            return False
        _log.info("certificate reloaded", expires_at=self.expires_at.isoformat())
        return True


@asynccontextmanager
async def open_certificates(
    files: CertificateFiles,
    *,
    on_loaded: Callable[[datetime], None],
    interval_seconds: float = _INTERVAL_SECONDS,
) -> AsyncIterator[Certificates]:
    """The certificates of the files, followed while the context lasts. Raises CertificateError.

    `on_loaded` is told when the certificate ends, now and each time another one is loaded.
    """
    certificates = Certificates(await asyncio.to_thread(load_identity, files))
    on_loaded(certificates.expires_at)
    following = asyncio.create_task(
        certificates.follow(files, on_loaded=on_loaded, interval_seconds=interval_seconds),
        name="certificates",
    )
    try:
        yield certificates
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following


class _NewestContext(ssl.SSLContext):
    """A context whose connections are made by the newest one.

    Swapping the context in the server name callback would do for the certificate, but a client
    could still resume a session that began under authorities which have been withdrawn since.
    """

    _certificates: Certificates

    @classmethod
    def of(cls, certificates: Certificates) -> "_NewestContext":
        context = cls(ssl.PROTOCOL_TLS_SERVER)
        context._certificates = certificates
        return context

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        newest = self._certificates.newest_context()
        return newest.wrap_bio(incoming, outgoing, server_side, server_hostname, session)


def _look(files: CertificateFiles) -> Pem | str:
    """What the files hold, or why they cannot be read."""
    try:
        return read_pem(files)
    except CertificateError as error:
        return str(error)


def _configuration(pem: Pem) -> grpc.ServerCertificateConfiguration:
    return grpc.ssl_server_certificate_configuration(
        [(pem.key, pem.certificate)], root_certificates=pem.client_ca
    )
