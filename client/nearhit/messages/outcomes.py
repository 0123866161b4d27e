"""Responses that cannot be read, and batches, each item of which ends in its own way."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from nearhit.errors import InternalError, NearhitError
from nearhit.messages import responses
from nearhit.results import Hit, Miss, Stored
from nearhit.statuses import error_of_item
from nearhit.v1 import semantic_cache_pb2

MessageT = TypeVar("MessageT")
ResultT = TypeVar("ResultT")

_UNREADABLE = (ValueError, OverflowError, RecursionError)


def read(reader: Callable[[MessageT], ResultT], message: MessageT) -> ResultT:
    """`reader(message)`; InternalError if the message cannot be read.

    The server checks what it sends, but not as this Python would: JSON can nest deeper
    and numbers can be longer than the `json` module takes.
    """
    try:
        return reader(message)
    except _UNREADABLE as error:
        raise InternalError(f"the server's response cannot be read: {error}") from error


def check_count(results: Sequence[object], count: int) -> None:
    """Raise ValueError unless there are `count` results."""
    # Results are told apart by their place alone: one too few gives every later question
    # the answer to another.
    if len(results) != count:
        raise ValueError(f"{count} results were asked for and {len(results)} came")


def batch_searched(
    response: semantic_cache_pb2.BatchSearchResponse, *, count: int
) -> list[Hit | Miss | NearhitError]:
    """What became of each of `count` searches, in order."""
    check_count(response.results, count)
    return [_search_outcome(result) for result in response.results]


def batch_stored(
    response: semantic_cache_pb2.BatchStoreResponse, *, count: int
) -> list[Stored | NearhitError]:
    """What became of each of `count` entries, in order."""
    check_count(response.results, count)
    return [_store_outcome(result) for result in response.results]


def _search_outcome(result: semantic_cache_pb2.BatchSearchResult) -> Hit | Miss | NearhitError:
    if result.HasField("error"):
        return error_of_item(result.error)
    return _or_error(responses.searched, result.response)


def _store_outcome(result: semantic_cache_pb2.BatchStoreResult) -> Stored | NearhitError:
    if result.HasField("error"):
        return error_of_item(result.error)
    if not result.HasField("response"):
        return InternalError("the server's response says nothing of this entry")
    return responses.stored(result.response)


def _or_error(reader: Callable[[MessageT], ResultT], message: MessageT) -> ResultT | NearhitError:
    # One item that cannot be read must not take the others with it.
    try:
        return read(reader, message)
    except NearhitError as error:
        return error
