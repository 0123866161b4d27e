"""What an embeddings endpoint can fail with, and when it may be asked again."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import uniform
from typing import Final

import httpx

from nearhit_server.core.embedding.refused_text import RefusedTextError

_TRANSIENT: Final = frozenset({408, 429, *range(500, 600)} - {501})
_BAD_REQUEST: Final = frozenset({400, 422})
_CODE: Final = re.compile(r"[a-z0-9_]{1,64}")
_SECONDS: Final = re.compile(r"\d{1,9}(\.\d{1,9})?")
_FIRST_PAUSE_SECONDS: Final = 0.25
_LONGEST_PAUSE_SECONDS: Final = 4.0


class EndpointError(Exception):
    """The endpoint gave no vectors. The message is one plain sentence and holds nothing that was
    sent: neither the key nor a text.

    `transient` if the same request may succeed later; `retry_after` is the header of that name.
    """

    def __init__(self, message: str, *, transient: bool = False, retry_after: str = "") -> None:
        super().__init__(message)
        self.transient = transient
        self.retry_after = retry_after


class RefusedError(EndpointError):
    """The endpoint answered with a status that is not a success."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        code = _code(response)
        shown = f"{self.status} ({code})" if code else str(self.status)
        super().__init__(
            f"the embeddings endpoint answers {shown}",
            transient=self.status in _TRANSIENT,
            retry_after=response.headers.get("retry-after", ""),
        )


class BadRequestError(RefusedError, RefusedTextError):
    """The endpoint answered that something is wrong with what it was sent."""


def refusal(response: httpx.Response) -> RefusedError:
    """The error for a response that is not a success."""
    bad = response.status_code in _BAD_REQUEST
    return BadRequestError(response) if bad else RefusedError(response)


def pause_seconds(attempt: int, *, retry_after: str, now: datetime | None = None) -> float:
    """How long to wait after failed attempt number `attempt`, 0 for the first one.

    What `retry_after` asks for, and a random time on top, the longer the more attempts have
    failed, so that callers who failed together do not come back together.
    """
    longest = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2**attempt)
    return _asked_seconds(retry_after.strip(), now or datetime.now(UTC)) + uniform(0, longest)


def _asked_seconds(value: str, now: datetime) -> float:
    """What a Retry-After asks for, in seconds or as a date; 0 if it cannot be read."""
    if _SECONDS.fullmatch(value):
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return 0.0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def _code(response: httpx.Response) -> str | None:
    """The error's code, as `invalid_api_key`. Not its message, which may quote what was sent."""
    try:
        error = response.json()["error"]
        codes = [error.get("code"), error.get("type")]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    return next((c for c in codes if isinstance(c, str) and _CODE.fullmatch(c)), None)
