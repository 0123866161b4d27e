"""The errors of calls as RedisVL's callers expect them: Python's own."""

from collections.abc import Iterator
from contextlib import contextmanager

from nearhit.errors import (
    DeadlineExceededError,
    FailedPreconditionError,
    InvalidArgumentError,
    UnavailableError,
)


@contextmanager
def translated() -> Iterator[None]:
    """Raises what the server refuses as ValueError, and what it does not answer as
    ConnectionError or TimeoutError. Other NearhitErrors stay what they are."""
    try:
        yield
    except (InvalidArgumentError, FailedPreconditionError) as error:
        raise ValueError(str(error)) from error
    except UnavailableError as error:
        raise ConnectionError(str(error)) from error
    except DeadlineExceededError as error:
        raise TimeoutError(str(error)) from error
