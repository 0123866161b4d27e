"""The id by which a call is found again in the logs of everybody it went through."""

import re
import uuid
from typing import Final

_DECENT: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


def request_id(given: str | bytes | None) -> str:
    """The caller's own id for the call if it has a decent one, else a new one."""
    if isinstance(given, str) and _DECENT.fullmatch(given):
        return given
    return uuid.uuid4().hex
