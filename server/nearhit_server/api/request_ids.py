"""The id by which a call is found again in the logs of everybody it went through."""

import re
from random import getrandbits
from typing import Final

_DECENT: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


def request_id(given: str | bytes | None) -> str:
    """The caller's own id for the call if it has a decent one, else a new one."""
    if isinstance(given, str) and _DECENT.fullmatch(given):
        return given
    # Unique is all that it has to be. A UUID asks the kernel for its bits, which in a process
    # with several threads costs ten times as much.
    return f"{getrandbits(128):032x}"
