"""Nobody serves the network in the clear, or everybody on it, without having said so."""

from ipaddress import ip_address
from typing import Final

import structlog

from nearhit_server.settings import Settings

_log = structlog.get_logger()

_TLS: Final = "TLS (tls_certificate and tls_key; --tls-certificate and --tls-key)"
_CALLERS: Final = (
    "a way to know its callers (api_keys, or require_keys or tls_client_ca; "
    "--require-keys or --tls-client-ca)"
)


class ExposureError(Exception):
    """The server would be open to the network; the message is one plain sentence."""


def check_exposure(settings: Settings) -> None:
    """Refuse to listen beyond loopback without TLS, or without knowing who calls.

    Raises ExposureError, unless the settings say `insecure`: then a warning is logged.
    """
    addresses = {"grpc": settings.grpc} | (
        {} if settings.http == "off" else {"http": settings.http}
    )
    exposed = [
        f"{name} at {address}" for name, address in addresses.items() if not _is_loopback(address)
    ]
    knows_callers = settings.asks_for_keys or settings.tls_client_ca is not None
    lacking = [] if settings.tls_certificate is not None else [_TLS]
    lacking += [] if knows_callers else [_CALLERS]
    if not (exposed and lacking):
        return
    if not settings.insecure:
        listens = "listens" if len(exposed) == 1 else "listen"
        raise ExposureError(
            f"{' and '.join(exposed)} {listens} beyond this machine and lack"
            f"{'s' if len(exposed) == 1 else ''} {' and '.join(lacking)}; "
            "set what is missing, listen on 127.0.0.1, or allow it with --insecure"
        )
    _log.warning(
        "open to the network",
        listening=exposed,
        encrypted=settings.tls_certificate is not None,
        knows_callers=knows_callers,
    )


def _is_loopback(address: str) -> bool:
    host = address.rpartition(":")[0].strip("[]").lower()
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        # A name. Where it leads is not for us to say.
        return False
