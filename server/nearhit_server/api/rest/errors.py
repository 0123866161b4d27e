"""The core's errors as HTTP's."""

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from pydantic.alias_generators import to_camel

from nearhit_server.api.rest import problems
from nearhit_server.api.rest.problems import FieldProblem, Kind, Problem, told
from nearhit_server.core import errors
from nearhit_server.core.errors import Allowance, NearhitError, Reason, Violation

_KINDS: Final[dict[type[NearhitError], Kind]] = {
    errors.InvalidArgumentError: problems.INVALID,
    errors.MalformedMessageError: problems.INVALID,
    errors.NotFoundError: problems.NOT_FOUND,
    errors.AlreadyExistsError: problems.CONFLICT,
    errors.FailedPreconditionError: problems.INVALID,
    errors.ResourceExhaustedError: problems.TOO_MANY,
    errors.RateLimitedError: problems.TOO_MANY,
    errors.UnauthenticatedError: problems.UNAUTHORIZED,
    errors.PermissionDeniedError: problems.FORBIDDEN,
    errors.UnavailableError: problems.UNAVAILABLE,
    errors.DeadlineExceededError: problems.LATE,
    errors.InternalError: problems.INTERNAL,
}

_KINDS_BY_REASON: Final = {
    # 424 is how the contract says that the store behind the service has failed; what else is
    # out of reach, or on its way out, is the service itself: 503, which its SDKs retry.
    Reason.STORE_UNAVAILABLE: problems.STORE_UNAVAILABLE,
    Reason.STORE_READ_ONLY: problems.STORE_UNAVAILABLE,
    Reason.STORE_LOADING: problems.STORE_UNAVAILABLE,
    Reason.STORE_MISCONFIGURED: problems.STORE_UNAVAILABLE,
    Reason.STORE_FULL: problems.STORE_FULL,
    # Not 429: the same call would fail again.
    Reason.RESPONSE_TOO_LARGE: problems.TOO_LARGE,
    Reason.CACHE_NOT_FOUND: problems.CACHE_NOT_FOUND,
    Reason.ENTRY_NOT_FOUND: problems.ENTRY_NOT_FOUND,
}

_PYTHON_SDK: Final = re.compile(r"speakeasy-sdk/python (\d+)\.(\d+)")

_FIELDS: Final = {
    "attributes.values": "attributes",
    "cache": "cacheId",
    "default_ttl": "defaultTtlMillis",
    "entry_ids.ids[0]": "entryId",
    "expire_time": "expiresAt",
    "grace_period": "gracePeriodMillis",
    "strategies": "searchStrategies",
    "ttl": "ttlMillis",
    "update_mask": "body",
}
"""Fields of the contract that are called otherwise here, in more than their spelling."""


_OTHERWISE: Final[dict[Reason, FieldProblem]] = {
    Reason.FLUSH_REQUIRED: {
        "field": "allowFlush",
        "rule": "invalid",
        "message": "is needed for this change, which would remove every entry",
    },
    Reason.VECTOR_REQUIRED: {
        "field": "cacheId",
        "rule": "invalid",
        "message": "is that of a cache without a model, whose callers bring vectors over gRPC",
    },
    Reason.SEMANTIC_DISABLED: {
        "field": "searchStrategies",
        "rule": "invalid",
        "message": 'has to be ["exact"] here: the cache keeps no vectors',
    },
}
"""What the core says in words that are not those of this API."""


def to_problem(error: NearhitError, *, now: float) -> Problem:
    """The error as it is told. `now` is Unix time."""
    kind = _KINDS_BY_REASON.get(error.reason, _KINDS[type(error)])
    fields = [_field(violation) for violation in error.violations]
    detail = error.message
    if error.reason in _OTHERWISE:
        fields = [_OTHERWISE[error.reason]]
    if error.reason in _OTHERWISE or isinstance(error, errors.InvalidArgumentError):
        detail = told(fields)
    return Problem(
        kind=kind,
        detail=detail,
        fields=fields if kind is problems.INVALID else (),
        headers=_headers(error, now),
    )


def suited_to(problem: Problem, user_agent: str) -> Problem:
    """The problem as the client that calls itself `user_agent` understands it.

    Each of LangCache's SDKs takes one type of 404 for its own and no other; which, its name
    tells.
    """
    if problem.kind.status != problems.NOT_FOUND.status:
        return problem
    match = _PYTHON_SDK.search(user_agent)
    if match is not None and (int(match[1]), int(match[2])) >= (0, 12):
        return replace(problem, kind=problems.NOT_FOUND)
    return problem


def allowance_headers(allowance: Allowance, *, now: float) -> list[tuple[str, str]]:
    """How a caller stands with its rate limit, for any response."""
    return [
        ("x-ratelimit-limit", str(allowance.limit)),
        ("x-ratelimit-remaining", str(allowance.remaining)),
        ("x-ratelimit-reset", str(math.ceil(now + allowance.reset_seconds))),
    ]


def _field(violation: Violation) -> FieldProblem:
    return {
        "field": _member(violation.field),
        "rule": "invalid",
        "message": violation.description,
    }


def _member(path: str) -> str:
    """What a field of the contract is called in JSON."""
    path = path.removeprefix("cache.")
    if path in _FIELDS:
        return _FIELDS[path]
    name, bracket, rest = path.partition("[")
    return f"{_FIELDS.get(name, to_camel(name))}{bracket}{rest}"


def _headers(error: NearhitError, now: float) -> Sequence[tuple[str, str]]:
    headers = []
    if isinstance(error, errors.UnauthenticatedError):
        headers.append(("www-authenticate", "Bearer"))
    if isinstance(error, errors.ResourceExhaustedError) and error.retry_delay is not None:
        headers.append(("retry-after", str(_whole_seconds(error.retry_delay))))
    if isinstance(error, errors.RateLimitedError):
        headers += allowance_headers(error.allowance, now=now)
    return headers


def _whole_seconds(delay: timedelta) -> int:
    return max(1, math.ceil(delay.total_seconds()))
