"""Requests as bytes, made by as little code as possible: the generator has to be light."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, Self

from google.protobuf.duration_pb2 import Duration

from nearhit.v1 import semantic_cache_pb2 as pb
from nearhit.v1 import types_pb2
from nearhit_server.bench.settings import Session

EXACT: Final = (types_pb2.SEARCH_STRATEGY_EXACT,)
SEMANTIC: Final = (types_pb2.SEARCH_STRATEGY_SEMANTIC,)
BOTH: Final = (*EXACT, *SEMANTIC)


class Method(Enum):
    """The RPCs that are measured, each with its path."""

    SEARCH = "/nearhit.v1.SemanticCacheService/Search"
    STORE = "/nearhit.v1.SemanticCacheService/Store"


@dataclass(frozen=True, slots=True)
class Request:
    """A call to make, and the one that follows if it misses."""

    method: Method
    body: bytes
    after_miss: "Callable[[], Request] | None" = None

    @classmethod
    def search(
        cls,
        session: Session,
        prompt: str | None = None,
        *,
        strategies: Sequence[types_pb2.SearchStrategy.ValueType],
        threshold: float,
        float32_le: bytes | None = None,
        after_miss: "Callable[[], Request] | None" = None,
    ) -> Self:
        """A search for a prompt or a vector."""
        request = pb.SearchRequest(
            cache=session.cache,
            prompt=prompt,
            vector=None if float32_le is None else types_pb2.Vector(float32_le=float32_le),
            strategies=strategies,
            similarity_threshold=threshold,
        )
        return cls(Method.SEARCH, request.SerializeToString(), after_miss)

    @classmethod
    def store(cls, session: Session, prompt: str, response: str) -> Self:
        """A store of an entry that the server embeds."""
        request = pb.StoreRequest(
            cache=session.cache,
            prompt=prompt,
            response=response,
            attributes=session.attributes,
            ttl=Duration(seconds=round(session.ttl_seconds)),
        )
        return cls(Method.STORE, request.SerializeToString())
