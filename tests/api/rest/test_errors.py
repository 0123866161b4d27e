"""Each error as HTTP tells it."""

import json
from datetime import timedelta

import pytest

from nearhit_server.api.rest.errors import suited_to, to_problem
from nearhit_server.core import errors
from nearhit_server.core.errors import Allowance, NearhitError, Reason, Violation

CODES = {
    *("INVALID_REQUEST", "UNAUTHORIZED", "FORBIDDEN", "NOT_FOUND"),
    *("PAYLOAD_TOO_LARGE", "RATE_LIMITED", "UNAVAILABLE", "INTERNAL_ERROR"),
}

LATER = timedelta(seconds=1.2)
ALLOWANCE = Allowance(limit=7, remaining=0, window_seconds=60, reset_seconds=30.5)

TOLD = [
    (errors.InvalidArgumentError([Violation("prompt", "is empty")]), 400, "invalid-data"),
    (errors.MalformedMessageError("no"), 400, "invalid-data"),
    (
        errors.FailedPreconditionError("no", reason=Reason.MODEL_MISMATCH),
        *(400, "invalid-data"),
    ),
    (errors.UnauthenticatedError(), 401, "authentication-failed"),
    (errors.PermissionDeniedError(), 403, "insufficient-permissions"),
    (errors.NotFoundError("no", reason=Reason.KEY_NOT_FOUND), 404, "resource-not-found"),
    (errors.cache_exists("mine"), 409, "already-exists"),
    (
        errors.ResourceExhaustedError("no", reason=Reason.RESPONSE_TOO_LARGE),
        *(413, "payload-too-large"),
    ),
    (
        errors.UnavailableError("no", reason=Reason.STORE_LOADING),
        *(424, "database/resource-database-unavailable"),
    ),
    (
        errors.ResourceExhaustedError("no", reason=Reason.STORE_FULL),
        *(424, "database/out-of-memory"),
    ),
    (
        errors.ResourceExhaustedError("no", reason=Reason.EMBEDDING_QUEUE_FULL, retry_delay=LATER),
        *(429, "too-many-requests"),
    ),
    (errors.RateLimitedError(ALLOWANCE, retry_delay=LATER), 429, "too-many-requests"),
    (errors.InternalError("id"), 500, "unexpected-error"),
    (errors.UnavailableError("no", reason=Reason.SHUTTING_DOWN), 503, "service-unavailable"),
    (errors.UnavailableError("no", reason=Reason.EMBEDDING_FAILED), 503, "service-unavailable"),
    (errors.DeadlineExceededError(), 504, "deadline-exceeded"),
]


def problem_of(error, user_agent=""):
    return suited_to(to_problem(error, now=1_000), user_agent)


@pytest.mark.parametrize(("error", "status", "type_"), TOLD, ids=lambda value: str(value)[:20])
def test_error_has_its_status_type_and_both_shapes(error, status, type_):
    response = problem_of(error).response()
    assert response.status_code == status
    assert response.headers["content-type"] == "application/json"
    body = json.loads(response.body)
    assert (body["status"], body["type"]) == (status, f"/errors/{type_}")
    assert body["detail"] == body["error"]["message"] == error.message
    assert body["error"]["code"] in CODES
    assert None not in body.values()


def _children(class_):
    return {class_}.union(*(_children(child) for child in class_.__subclasses__()))


def test_every_error_of_the_core_can_be_told():
    assert {type(error) for error, _, _ in TOLD} == _children(NearhitError) - {NearhitError}


def test_invalid_field_is_named():
    error = errors.InvalidArgumentError([Violation("prompt", "is empty")])
    assert json.loads(problem_of(error).body())["fields"] == [
        {"field": "prompt", "rule": "invalid", "message": "is empty"}
    ]


def test_limited_call_is_told_when_to_come_back_in_whole_seconds():
    limited = errors.RateLimitedError(ALLOWANCE, retry_delay=timedelta(milliseconds=1))
    assert dict(problem_of(limited).headers) == {
        "retry-after": "1",
        "x-ratelimit-limit": "7",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": "1031",
    }


@pytest.mark.parametrize(
    ("user_agent", "type_"),
    [
        ("speakeasy-sdk/python 0.14.0 2.916.4 1.0.0 langcache", "/errors/resource-not-found"),
        ("speakeasy-sdk/python 0.12.0 2.716.16 1.0.0", "/errors/resource-not-found"),
        ("speakeasy-sdk/python 1.0.0", "/errors/resource-not-found"),
        ("speakeasy-sdk/python 0.11.1 2.716.16", "/errors/cache/entry/not-found"),
        ("speakeasy-sdk/typescript 0.11.1 2.716.16", "/errors/cache/entry/not-found"),
        ("speakeasy-sdk/python", "/errors/cache/entry/not-found"),
        ("", "/errors/cache/entry/not-found"),
    ],
)
def test_missing_entry_has_the_type_that_the_client_knows(user_agent, type_):
    problem = problem_of(errors.entry_not_found("mine", "f" * 32), user_agent)
    assert (problem.kind.status, problem.kind.type) == (404, type_)


@pytest.mark.parametrize(
    ("reason", "member"),
    [
        (Reason.FLUSH_REQUIRED, "allowFlush"),
        (Reason.VECTOR_REQUIRED, "cacheId"),
        (Reason.SEMANTIC_DISABLED, "searchStrategies"),
    ],
)
def test_what_the_core_asks_for_is_told_in_members_that_there_are(reason, member):
    error = errors.FailedPreconditionError(
        "in the words of gRPC", reason=reason, violations=[Violation("vector", "is needed")]
    )
    problem = problem_of(error)
    assert [field["field"] for field in problem.fields] == [member]
    assert problem.detail.startswith(f"{member}: ")
