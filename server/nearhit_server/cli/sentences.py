"""What a failed call means for the person at the terminal."""

from collections.abc import Mapping
from typing import Final

import nearhit

_NO_CONNECTION: Final[Mapping[str, str]] = {
    "CERTIFICATE_VERIFY_FAILED": "shows a certificate of an authority that is not trusted here; "
    "--tls-ca names a file of those to trust",
    "Hostname Verification Check failed": "shows a certificate for another name; "
    "--tls-server-name tells which one to expect",
    "WRONG_VERSION_NUMBER": "does not encrypt; leave out the --tls options and their variables",
    "Failed to create security handshaker": "cannot be reached with these --tls files: "
    "they hold no certificates, or the key of another one",
    # All that is heard of a server that wanted TLS, or a certificate, and got something else.
    "Socket closed": "ends the connection at once; it may require TLS (--tls, --tls-ca) or a "
    "client certificate (--tls-cert, --tls-key)",
}
"""From what gRPC says, somewhere in a long account, to what can be done about it."""


def sentence(error: nearhit.NearhitError, target: str) -> str:
    """What went wrong, for a person, and where it helps what to do about it."""
    if isinstance(error, nearhit.UnavailableError) and not error.reason:
        return not_connected(error.message, target)
    if isinstance(error, nearhit.DeadlineExceededError):
        return f"{target} took too long to answer; --timeout gives it longer"
    if isinstance(error, nearhit.UnauthenticatedError):
        return f"{error.message}; give an API key with --api-key or NEARHIT_API_KEY"
    return error.message


def not_connected(account: str, target: str) -> str:
    """Why there is no connection to `target`, from gRPC's account of it."""
    # Otherwise there was a connection, and it broke.
    if "last error: " in account:
        for sign, meaning in _NO_CONNECTION.items():
            if sign in account:
                return f"{target} {meaning}"
    # gRPC's own account is long and full of addresses; a refused connection needs none of it.
    refused = "refused" in account or "no server answers" in account
    cause = "" if refused else f" ({account})"
    return (
        f"no server answers at {target}{cause}; "
        "start one with `nearhit serve`, or name another with --target"
    )
