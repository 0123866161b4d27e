"""Taking the address that a port listens on."""

import asyncio
import socket
from collections.abc import Sequence
from typing import Final

BACKLOG: Final = 2_048
"""How many clients may wait to be let in."""

_Found = tuple[int, int, int, str, tuple[object, ...]]


class AddressError(Exception):
    """The address cannot be listened on; the message is one plain sentence."""


async def listen(address: str, *, share_port: bool = False) -> socket.socket:
    """A socket that listens on HOST:PORT, where port 0 is any free one. Raises AddressError.

    Clients may connect at once; they wait until somebody accepts them. With `share_port` other
    processes that say so too may listen there, and each connection comes to one of them.
    """
    host, _, port = address.rpartition(":")
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
        family, place = preferred(found)
        return _bound(family, place, share_port=share_port)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise AddressError(f"cannot listen on {address}: {reason}") from error


def bound_address(address: str, listener: socket.socket) -> str:
    """`address` with the port that the listener has got."""
    host, _, _ = address.rpartition(":")
    return f"{host}:{listener.getsockname()[1]}"


def preferred(found: Sequence[_Found]) -> tuple[int, tuple[object, ...]]:
    """The family and the place to listen on, of those that getaddrinfo has found."""
    # A name such as localhost can be both: most callers will try this one.
    family, _, _, _, place = min(found, key=lambda info: info[0] != socket.AF_INET)
    return family, place


def _bound(family: int, place: tuple[object, ...], *, share_port: bool) -> socket.socket:
    # Of connections that do not say they are TCP, asyncio leaves Nagle's algorithm on: a response
    # in two parts would wait 40 ms for the client's acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # A server that is started again need not wait for its predecessor's last connections.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if share_port:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(place)
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener
