"""The ports that workers share, held for them by their parent."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from nearhit_server.api.addresses import AddressError, bound_address, preferred


@contextmanager
def reserved(address: str) -> Iterator[str]:
    """`address` with the port that workers may listen on while the context lasts, and nobody
    else of another user or without SO_REUSEPORT; port 0 is any free one. Raises AddressError.

    Nobody listens at the reservation itself: no connection comes to the parent, which would not
    answer, and without a worker clients are refused at once.
    """
    host, _, port = address.rpartition(":")
    try:
        found = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
        family, place = preferred(found)
        reservation = _reserve(family, place)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise AddressError(f"cannot listen on {address}: {reason}") from error
    with reservation:
        yield bound_address(address, reservation)


def _reserve(family: int, place: tuple[object, ...]) -> socket.socket:
    with _socket(family) as claim:
        # As for a port of one's own: listening is refused where anybody else has it, also other
        # workers with their SO_REUSEPORT, who would go shares without a word.
        claim.bind(place)
        claim.listen(0)
        # Only now may others join; the first of them is the reservation, which stays.
        claim.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        reservation = _socket(family)
        try:
            reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            reservation.bind(claim.getsockname())
            # Or a server without SO_REUSEPORT could have the port whenever no worker listens.
            reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
        except BaseException:
            reservation.close()
            raise
    return reservation


def _socket(family: int) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    # What is left of the connections of an earlier server does not count.
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return made
