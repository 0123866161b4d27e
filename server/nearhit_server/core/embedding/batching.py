"""The stage in front of the model, where the texts of all callers meet."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from types import TracebackType
from typing import Final, Self

import structlog

from nearhit_server.core.embedding.batch_forming import form_batch
from nearhit_server.core.errors import Reason, ResourceExhaustedError, UnavailableError
from nearhit_server.core.ports import Encoder, TokenizedText
from nearhit_server.core.vectors import FloatVector

_log = structlog.get_logger()

_MIN_RETRY_SECONDS: Final = 0.1
_MAX_RETRY_SECONDS: Final = 10.0
_SMOOTHING: Final = 0.2
"""Weight of the newest batch in the running estimate of the cost of a token."""


@dataclass(eq=False)
class _Pending:
    """A text on its way through the model, and everyone who waits for its vector."""

    text: TokenizedText
    waiters: list[asyncio.Future[FloatVector]] = field(default_factory=list)

    def wanted(self) -> bool:
        return any(not waiter.done() for waiter in self.waiters)

    def resolve(self, vector: FloatVector) -> None:
        for waiter in self.waiters:
            if not waiter.done():
                waiter.set_result(vector)

    def fail(self, message: str, reason: Reason, cause: Exception | None = None) -> None:
        for waiter in self.waiters:
            if not waiter.done():
                # One exception each: a shared one would collect every waiter's traceback.
                error = UnavailableError(message, reason=reason)
                error.__cause__ = cause
                waiter.set_exception(error)


class BatchingStage:
    """Encodes texts in batches, as large as they get while the model is busy.

    One task owns the queue. It waits for no timer: an idle model takes what is there at
    once, so a lone text pays nothing for batching. Identical texts in flight are encoded
    once. An async context manager; leaving it fails whoever still waits.
    """

    def __init__(self, encoder: Encoder, *, max_batch_tokens: int, max_waiting_texts: int) -> None:
        self._encoder = encoder
        self._max_batch_tokens = max_batch_tokens
        self._max_waiting_texts = max_waiting_texts
        self._waiting: list[_Pending] = []
        self._in_flight: dict[tuple[int, ...], _Pending] = {}
        self._arrived = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None
        self._seconds_a_token = 0.0
        self.counts: Counter[str] = Counter()
        """Running totals: `batches`, `texts`, `tokens`, `padded_tokens`, `failed_batches`."""

    async def __aenter__(self) -> Self:
        self._worker = asyncio.create_task(self._run(), name="embedding batches")
        return self

    async def __aexit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.cancel()
            with suppress(asyncio.CancelledError):
                await worker
        for pending in self._in_flight.values():
            pending.fail("the server is shutting down", Reason.SHUTTING_DOWN)
        self._in_flight.clear()
        self._waiting.clear()
        _log.info("embedding stage closed", **self.counts)

    async def encode(self, texts: Sequence[TokenizedText]) -> list[FloatVector]:
        """The vectors of the texts, in order; read-only, because callers share them.

        Admits all of the texts or none. Raises ResourceExhaustedError if too many wait, and
        UnavailableError if the model fails on a batch or the stage is closed. Cancelling the
        call takes its texts out of the queue.
        """
        if self._worker is None:
            raise UnavailableError("the server is shutting down", reason=Reason.SHUTTING_DOWN)
        self._check_room(texts)
        waiters = [self._join(text) for text in texts]
        try:
            return await asyncio.gather(*waiters)
        finally:
            # If one failed, the others' texts are of no use to anybody.
            for waiter in waiters:
                waiter.cancel()

    def _check_room(self, texts: Sequence[TokenizedText]) -> None:
        new = {text.token_ids for text in texts} - self._in_flight.keys()
        if len(self._waiting) + len(new) <= self._max_waiting_texts:
            return
        self._drop_unwanted()
        if len(self._waiting) + len(new) > self._max_waiting_texts:
            raise ResourceExhaustedError(
                f"{len(self._waiting)} texts wait for their embedding, and at most "
                f"{self._max_waiting_texts} may",
                reason=Reason.EMBEDDING_QUEUE_FULL,
                retry_delay=self._time_to_clear(),
            )

    def _time_to_clear(self) -> timedelta:
        tokens = sum(len(pending.text.token_ids) for pending in self._waiting)
        seconds = tokens * self._seconds_a_token
        return timedelta(seconds=min(_MAX_RETRY_SECONDS, max(_MIN_RETRY_SECONDS, seconds)))

    def _join(self, text: TokenizedText) -> asyncio.Future[FloatVector]:
        pending = self._in_flight.get(text.token_ids)
        if pending is None:
            pending = self._in_flight[text.token_ids] = _Pending(text)
            self._waiting.append(pending)
            self._arrived.set()
        waiter = asyncio.get_running_loop().create_future()
        pending.waiters.append(waiter)
        return waiter

    async def _run(self) -> None:
        while True:
            batch = self._next_batch()
            if batch:
                await self._encode(batch)
            else:
                self._arrived.clear()
                await self._arrived.wait()

    def _next_batch(self) -> list[_Pending]:
        self._drop_unwanted()
        lengths = [len(pending.text.token_ids) for pending in self._waiting]
        chosen = form_batch(lengths, max_tokens=self._max_batch_tokens)
        batch = [self._waiting[index] for index in chosen]
        taken = set(chosen)
        self._waiting = [p for index, p in enumerate(self._waiting) if index not in taken]
        return batch

    def _drop_unwanted(self) -> None:
        """Forget the waiting texts whose callers have all gone away."""
        wanted = []
        for pending in self._waiting:
            if pending.wanted():
                wanted.append(pending)
            else:
                self._leave(pending)
        self._waiting = wanted

    def _leave(self, pending: _Pending) -> None:
        # By identity: the same text may have come in again since.
        if self._in_flight.get(pending.text.token_ids) is pending:
            del self._in_flight[pending.text.token_ids]

    async def _encode(self, batch: list[_Pending]) -> None:
        started = asyncio.get_running_loop().time()
        try:
            matrix = await self._encoder.encode([pending.text for pending in batch])
            if len(matrix) != len(batch):
                raise ValueError(f"{len(batch)} texts gave {len(matrix)} vectors")
        except Exception as error:
            _log.exception("encoding a batch failed", texts=len(batch))
            self.counts["failed_batches"] += 1
            for pending in batch:
                self._leave(pending)
                pending.fail("the model failed on this text", Reason.EMBEDDING_FAILED, error)
            return
        self._count(batch, asyncio.get_running_loop().time() - started)
        for pending, row in zip(batch, matrix, strict=True):
            # A copy: a view would keep the whole batch's memory alive.
            vector = row.copy()
            vector.setflags(write=False)
            self._leave(pending)
            pending.resolve(vector)

    def _count(self, batch: list[_Pending], seconds: float) -> None:
        lengths = [len(pending.text.token_ids) for pending in batch]
        padded = max(lengths) * len(lengths)
        self._seconds_a_token += _SMOOTHING * (seconds / sum(lengths) - self._seconds_a_token)
        self.counts.update(batches=1, texts=len(lengths), tokens=sum(lengths), padded_tokens=padded)
        _log.debug("batch encoded", texts=len(lengths), padded_tokens=padded, seconds=seconds)
