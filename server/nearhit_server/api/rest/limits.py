"""What one client may take of the HTTP port."""

from dataclasses import dataclass
from typing import Final

from nearhit_server.core import limits
from nearhit_server.core.limits import Limits

_OTHER_BYTES: Final = 256 << 10
"""Of a body: attributes, names, numbers and punctuation."""


@dataclass(frozen=True, kw_only=True)
class HttpLimits:
    """How much, and for how long.

    A caller's headers are a key, a trace and a few ids: the bounds are far above.
    """

    max_connections: int = 16_384
    max_header_bytes: int = 32 << 10
    max_headers: int = 128
    max_body_bytes: int = 16 << 20
    max_unannounced_body_bytes: int = 4 << 20
    """Of a body that comes in chunks, without its length. So much is set aside for each."""

    handshake_seconds: float = 10
    header_seconds: float = 10
    """From the connection, or the first byte of a later request, to the end of its headers."""

    body_seconds: float = 30
    idle_seconds: int = 75
    """Between calls. Longer than the minute after which load balancers give up a connection of
    their own accord, so that it is never closed while one of them sends."""

    write_seconds: float = 30
    """In which a client that falls behind has to read a mebibyte, or what is left."""

    linger_seconds: float = 2
    """In which a client that is refused while it sends may go on, so that it reads the answer."""


def max_body_bytes(limit: Limits) -> int:
    """How large a body can be whose texts are not too long. In JSON a character that has one
    byte can take six, one that has four can take twelve."""
    prompts = 12 * limit.max_prompt_characters * (1 + limits.MAX_CONTEXT_TURNS)
    return prompts + 6 * limit.max_response_bytes + _OTHER_BYTES
