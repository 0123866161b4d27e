"""What all commands that talk to a server have in common: options, and the client they make."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Final, TypeAlias

import typer

import nearhit
from nearhit_server.cli.failures import fail

DEFAULT_TARGET: Final = "127.0.0.1:50051"
DEFAULT_CACHE: Final = "default"


def _positive_seconds(value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds > 0):
        raise typer.BadParameter(f"{value!r} is no number of seconds over 0")
    return seconds


TargetOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--target",
        envvar="NEARHIT_TARGET",
        metavar="HOST:PORT",
        help="The server's address.",
    ),
]
CacheOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--cache",
        envvar="NEARHIT_CACHE",
        metavar="NAME",
        help="The cache to work on.",
    ),
]
TimeoutOption: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "--timeout",
        parser=_positive_seconds,
        metavar="SECONDS",
        help="How long each call may take.",
    ),
]
ApiKeyOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--api-key",
        envvar="NEARHIT_API_KEY",
        metavar="KEY",
        help="Sent along with each call, never printed. The variable keeps it out of `ps`.",
    ),
]
JsonOption: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Print the result as JSON, for programs.")
]
YesOption: TypeAlias = Annotated[
    bool, typer.Option("--yes", "-y", help="Do not ask whether you are sure.")
]


@contextmanager
def open_client(
    target: str,
    *,
    cache: str = DEFAULT_CACHE,
    timeout: float | None = None,
    api_key: str | None = None,
) -> Iterator[nearhit.Client]:
    """A client for the body of a command, whose failures end the command with one sentence."""
    with reported_failures(target):
        try:
            # An empty variable means that there is no key.
            client = nearhit.Client(target, cache=cache, timeout=timeout, api_key=api_key or None)
        except ValueError as error:
            fail(str(error))
        with client:
            yield client


@contextmanager
def reported_failures(target: str) -> Iterator[None]:
    """Ends the command with one sentence if a call to `target` fails in the body."""
    try:
        yield
    except nearhit.NearhitError as error:
        fail(sentence(error, target))
    except UnicodeEncodeError:
        # Such an argument is bytes that are not UTF-8; protobuf cannot carry it.
        fail("an argument or an answer is not valid Unicode text")


def sentence(error: nearhit.NearhitError, target: str) -> str:
    """What went wrong, for a person, and where it helps what to do about it."""
    if isinstance(error, nearhit.UnavailableError) and not error.reason:
        return _nobody_answers(error, target)
    if isinstance(error, nearhit.DeadlineExceededError):
        return f"{target} took too long to answer; --timeout gives it longer"
    if isinstance(error, nearhit.UnauthenticatedError):
        return f"{error.message}; give an API key with --api-key or NEARHIT_API_KEY"
    return error.message


def _nobody_answers(error: nearhit.NearhitError, target: str) -> str:
    # gRPC's own account is long and full of addresses; a refused connection needs none of it.
    refused = "refused" in error.message or "no server answers" in error.message
    cause = "" if refused else f" ({error.message})"
    return (
        f"no server answers at {target}{cause}; "
        "start one with `nearhit serve`, or name another with --target"
    )
