"""The door of a server under test."""

from nearhit_server.core.access.authenticator import Authenticator
from nearhit_server.core.admission import Admission
from nearhit_server.core.observing import UNOBSERVED, Observer
from nearhit_server.core.ports import RateLimiter


def admission(
    observer: Observer = UNOBSERVED,
    *,
    authenticator: Authenticator | None = None,
    limiter: RateLimiter | None = None,
    max_calls: int = 1_024,
    max_request_bytes: int = 256 << 20,
    max_seconds: float = 20,
) -> Admission:
    """A door with room, which lets everybody in."""
    return Admission(
        authenticator=authenticator,
        limiter=limiter,
        observer=observer,
        max_calls=max_calls,
        max_request_bytes=max_request_bytes,
        max_seconds=max_seconds,
    )
