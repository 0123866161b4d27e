"""What the core tells of its work, to whoever measures, traces and logs it."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from nearhit_server.core.queries import Hit, Miss

_MAX_NAME_CHARACTERS: Final = 64


class Stage(StrEnum):
    """A part of a call that takes time of its own."""

    EXACT = "exact"
    EMBED_QUEUE = "embed_queue"
    EMBED_MODEL = "embed_model"
    NEAREST = "nearest"
    VERIFY_QUEUE = "verify_queue"
    VERIFY_MODEL = "verify_model"


class VectorSource(StrEnum):
    """Where a text's vector came from."""

    MEMORY = "memory"
    STORE = "store"
    MODEL = "model"


class Shed(StrEnum):
    """Why a call was turned away unheard."""

    OVERLOAD = "overload"
    QUEUE = "queue"
    RATE_LIMIT = "rate_limit"


@dataclass(kw_only=True, slots=True)
class CallRecord:
    """What is known of a call, filled in on its way. Never holds a secret.

    `protocol` is "grpc" or "http"; `method` a name from a fixed set, never a path that a caller
    made up; `status` the name of the gRPC status or the number of the HTTP one.
    """

    protocol: str
    method: str
    request_id: str
    traceparent: str = ""
    key_id: str = ""
    cache: str | None = None
    status: str = ""
    reason: str = ""
    searches: int = 0
    hits: int = 0
    first_outcome: Hit | Miss | None = None
    """What the first of its searches found."""
    prompt: str = ""
    """The prompt of that search, where prompts are logged."""
    stage_seconds: dict[Stage, float] = field(default_factory=dict)

    @property
    def cache_name(self) -> str:
        """The cache, cut to where a name ends: a caller may have sent anything as one."""
        return (self.cache or "")[:_MAX_NAME_CHARACTERS]


@dataclass(frozen=True, kw_only=True)
class BatchReport:
    """One batch of a model. Times are seconds; `waits` has one for each text."""

    model: str
    texts: int
    tokens: int
    padded_tokens: int
    waits: Sequence[float]
    seconds: float


class Observer(Protocol):
    """Told what happens. Its methods neither wait nor raise."""

    def call(self, record: CallRecord) -> AbstractContextManager[None]:
        """Around a call; the record is complete when the context ends. What the other methods
        are told within it, also in tasks that it starts, belongs to that call."""

    def stage(self, stage: Stage, *, started: float, ended: float) -> None:
        """A stage has ended. Times are of time.perf_counter()."""

    def searched(self, cache_id: str, outcome: Hit | Miss) -> None:
        """A search has ended."""

    def vectors_found(self, source: VectorSource, count: int) -> None:
        """The vectors of `count` texts came from `source`."""

    def texts_waiting(self, model: str, count: int) -> None:
        """So many texts now wait for a model."""

    def batch_encoded(self, report: BatchReport) -> None:
        """A model has encoded a batch."""

    def batch_failed(self, model: str) -> None:
        """A model has failed on a batch."""

    def evicted(self, cache_id: str, count: int) -> None:
        """A full cache has lost its least recently used entries."""

    def shed(self, cause: Shed) -> None:
        """A call was turned away unheard."""

    def refused(self) -> None:
        """A call came without a good key."""


class Unobserved:
    """An Observer that looks away."""

    def call(self, record: CallRecord) -> AbstractContextManager[None]:
        """As Observer.call."""
        return nullcontext()

    def stage(self, stage: Stage, *, started: float, ended: float) -> None:
        """As Observer.stage."""

    def searched(self, cache_id: str, outcome: Hit | Miss) -> None:
        """As Observer.searched."""

    def vectors_found(self, source: VectorSource, count: int) -> None:
        """As Observer.vectors_found."""

    def texts_waiting(self, model: str, count: int) -> None:
        """As Observer.texts_waiting."""

    def batch_encoded(self, report: BatchReport) -> None:
        """As Observer.batch_encoded."""

    def batch_failed(self, model: str) -> None:
        """As Observer.batch_failed."""

    def evicted(self, cache_id: str, count: int) -> None:
        """As Observer.evicted."""

    def shed(self, cause: Shed) -> None:
        """As Observer.shed."""

    def refused(self) -> None:
        """As Observer.refused."""


UNOBSERVED: Final[Observer] = Unobserved()
