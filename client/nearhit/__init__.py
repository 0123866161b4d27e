"""nearhit: a semantic cache for LLM applications, the client.

    async with nearhit.AsyncClient("localhost:50051", cache="default") as cache:
        match await cache.search("how can I change a forgotten password"):
            case nearhit.Hit(matches=[best, *_]):
                answer = best.entry.response
            case nearhit.Miss():
                answer = await llm(prompt)
                await cache.store(prompt, answer)

`Client` is the same without `await`.
"""

from typing import TYPE_CHECKING

from nearhit.cached import cached
from nearhit.calls import Timeout
from nearhit.choices import (
    AttributeType,
    ExactOnlyReason,
    KeyScope,
    LongPrompts,
    RefusalReason,
    Strategy,
    Verdict,
    Verification,
)
from nearhit.client import AsyncClient
from nearhit.credentials import tls
from nearhit.embedding_keys import embedding_key
from nearhit.errors import (
    AlreadyExistsError,
    DeadlineExceededError,
    FailedPreconditionError,
    FieldViolation,
    InternalError,
    InvalidArgumentError,
    NearhitError,
    NotFoundError,
    PermissionDeniedError,
    ResourceExhaustedError,
    UnauthenticatedError,
    UnavailableError,
)
from nearhit.filters import Attribute, Filter, attribute
from nearhit.get_or_compute import OnError
from nearhit.inputs import UNSET, NewEmbedding, NewEntry, Query, Unset
from nearhit.quality import CacheStats, HitReport, Rate, ShadowSearch
from nearhit.results import (
    ApiKey,
    Cache,
    Candidate,
    Embedding,
    Entry,
    EntryPage,
    Hit,
    IssuedKey,
    Match,
    Miss,
    Stored,
)
from nearhit.sync import Client
from nearhit.vectors import VectorLike

if TYPE_CHECKING:
    __version__: str
else:

    def __getattr__(name: str) -> str:
        """`__version__`, read from the package's metadata only when somebody asks."""
        if name != "__version__":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib.metadata import version

        return version("nearhit")


__all__ = [
    "UNSET",
    "AlreadyExistsError",
    "ApiKey",
    "AsyncClient",
    "Attribute",
    "AttributeType",
    "Cache",
    "CacheStats",
    "Candidate",
    "Client",
    "DeadlineExceededError",
    "Embedding",
    "Entry",
    "EntryPage",
    "ExactOnlyReason",
    "FailedPreconditionError",
    "FieldViolation",
    "Filter",
    "Hit",
    "HitReport",
    "InternalError",
    "InvalidArgumentError",
    "IssuedKey",
    "KeyScope",
    "LongPrompts",
    "Match",
    "Miss",
    "NearhitError",
    "NewEmbedding",
    "NewEntry",
    "NotFoundError",
    "OnError",
    "PermissionDeniedError",
    "Query",
    "Rate",
    "RefusalReason",
    "ResourceExhaustedError",
    "ShadowSearch",
    "Stored",
    "Strategy",
    "Timeout",
    "UnauthenticatedError",
    "UnavailableError",
    "Unset",
    "VectorLike",
    "Verdict",
    "Verification",
    "__version__",
    "attribute",
    "cached",
    "embedding_key",
    "tls",
]
