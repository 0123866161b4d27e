"""The stage in front of the model, where the texts of all callers meet."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from time import perf_counter
from types import TracebackType
from typing import Final, Self

import structlog

from nearhit_server.core.embedding.batch_forming import form_batch
from nearhit_server.core.embedding.model_speed import ModelSpeed
from nearhit_server.core.embedding.pending_text import PendingText
from nearhit_server.core.embedding.refused_text import RefusedTextError
from nearhit_server.core.errors import Reason, ResourceExhaustedError, UnavailableError
from nearhit_server.core.observing import UNOBSERVED, BatchReport, Observer, Shed, Stage
from nearhit_server.core.ports import Encoder, TokenizedText
from nearhit_server.core.vectors import FloatMatrix, FloatVector

_log = structlog.get_logger()

_MIN_RETRY_SECONDS: Final = 0.1
_MAX_RETRY_SECONDS: Final = 10.0

_LONGEST_BATCH_SECONDS: Final = 30.0
"""A batch takes milliseconds; a model that is at it for this long has hung."""


class BatchingStage:
    """Encodes texts in batches, as large as they get while the model is busy.

    The queue waits for no timer: an idle model takes what is there at once, so a lone text
    pays nothing for batching. Identical texts in flight are encoded once. An async context
    manager; leaving it fails whoever still waits.
    """

    def __init__(
        self,
        encoder: Encoder,
        *,
        model: str,
        max_batch_tokens: int,
        max_waiting_texts: int,
        max_waiting_seconds: float,
        concurrent_batches: int = 1,
        observer: Observer = UNOBSERVED,
    ) -> None:
        """`model` is the name that the observer is told. A call is let in while at most
        `max_waiting_texts` wait, its own among them, and those before it are likely to be done in
        `max_waiting_seconds`. A model that takes `concurrent_batches` side by side, because it
        works elsewhere, is busy when it has as many."""
        self._encoder = encoder
        self._model = model
        self._observer = observer
        self._max_batch_tokens = max_batch_tokens
        self._max_waiting_texts = max_waiting_texts
        self._max_waiting_seconds = max_waiting_seconds
        self._waiting: list[PendingText] = []
        self._waiting_tokens = 0
        self._in_flight: dict[tuple[int, ...], PendingText] = {}
        self._arrived = asyncio.Event()
        self._concurrent_batches = concurrent_batches
        self._workers: list[asyncio.Task[None]] = []
        self._speed = ModelSpeed(
            max_batch_tokens=max_batch_tokens, concurrent_batches=concurrent_batches
        )
        self._last_failed = False
        self._running_since: list[float] = []

    @property
    def healthy(self) -> bool:
        """Whether the model works: its last batch did, and it is not stuck in a present one."""
        if self._last_failed:
            return False
        oldest = min(self._running_since, default=None)
        return oldest is None or perf_counter() - oldest < _LONGEST_BATCH_SECONDS

    async def __aenter__(self) -> Self:
        self._workers = [
            asyncio.create_task(self._run(), name="embedding batches")
            for _ in range(self._concurrent_batches)
        ]
        return self

    async def __aexit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        workers, self._workers = self._workers, []
        for worker in workers:
            worker.cancel()
        for worker in workers:
            with suppress(asyncio.CancelledError):
                await worker
        for pending in self._in_flight.values():
            pending.fail("the server is shutting down", Reason.SHUTTING_DOWN)
        self._in_flight.clear()
        self._set_waiting([])

    async def encode(self, texts: Sequence[TokenizedText]) -> list[FloatVector]:
        """The vectors of the texts, in order; read-only, because callers share them.

        Admits all of the texts or none. Raises ResourceExhaustedError if too many wait, and
        UnavailableError if the model fails on a batch, refuses a text, or the stage is closed.
        Cancelling the call takes its texts out of the queue.
        """
        if not self._workers:
            raise UnavailableError("the server is shutting down", reason=Reason.SHUTTING_DOWN)
        self.check_room(len({text.token_ids for text in texts} - self._in_flight.keys()))
        joined = perf_counter()
        entered = [self._enter(text) for text in texts]
        waiters = [self._wait_for(pending) for pending in entered]
        self._observer.texts_waiting(self._model, len(self._waiting))
        try:
            return await asyncio.gather(*waiters)
        finally:
            # If one failed, the others' texts are of no use to anybody.
            for waiter in waiters:
                waiter.cancel()
            # Of those too who gave up: where they waited is what one wants to know.
            self._tell_stages(entered, joined)

    def _tell_stages(self, entered: Sequence[PendingText], joined: float) -> None:
        """Where the time of a call went: it waits until the model begins with the first of its
        texts."""
        if not entered:
            return
        ended = perf_counter()
        first = min(pending.started or ended for pending in entered)
        # A batch that it joined may have begun before it came.
        started = max(joined, first)
        self._observer.stage(Stage.EMBED_QUEUE, started=joined, ended=started)
        self._observer.stage(Stage.EMBED_MODEL, started=started, ended=ended)

    def check_room(self, new: int) -> None:
        """Return if that many texts more would be let in. Raises ResourceExhaustedError."""
        if self._has_room(new):
            return
        self._drop_unwanted()
        if not self._has_room(new):
            self._observer.shed(Shed.QUEUE)
            raise ResourceExhaustedError(
                f"{len(self._waiting)} texts wait for their embedding, for another "
                f"{self._seconds_to_clear():.1f} s; at most {self._max_waiting_texts} may, and no "
                f"longer than {self._max_waiting_seconds:g} s",
                reason=Reason.EMBEDDING_QUEUE_FULL,
                retry_delay=self._time_to_clear(),
            )

    def _has_room(self, new: int) -> bool:
        # What a call brings along does not count as time, or a large batch would never be let in.
        return not new or (
            len(self._waiting) + new <= self._max_waiting_texts
            and self._seconds_to_clear() <= self._max_waiting_seconds
        )

    def _seconds_to_clear(self) -> float:
        return self._speed.seconds_for(self._waiting_tokens)

    def _time_to_clear(self) -> timedelta:
        seconds = min(_MAX_RETRY_SECONDS, max(_MIN_RETRY_SECONDS, self._seconds_to_clear()))
        return timedelta(seconds=seconds)

    def _enter(self, text: TokenizedText) -> PendingText:
        """The text on its way, together with those who asked for the same before."""
        pending = self._in_flight.get(text.token_ids)
        if pending is None:
            pending = self._in_flight[text.token_ids] = PendingText(text)
            self._waiting.append(pending)
            self._waiting_tokens += len(text.token_ids)
            self._arrived.set()
        return pending

    def _wait_for(self, pending: PendingText) -> asyncio.Future[FloatVector]:
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

    def _next_batch(self) -> list[PendingText]:
        self._drop_unwanted()
        lengths = [len(pending.text.token_ids) for pending in self._waiting]
        chosen = form_batch(lengths, max_tokens=self._max_batch_tokens)
        batch = [self._waiting[index] for index in chosen]
        taken = set(chosen)
        self._set_waiting([p for index, p in enumerate(self._waiting) if index not in taken])
        return batch

    def _set_waiting(self, waiting: list[PendingText]) -> None:
        self._waiting = waiting
        self._waiting_tokens = sum(len(pending.text.token_ids) for pending in waiting)
        self._observer.texts_waiting(self._model, len(waiting))

    def _drop_unwanted(self) -> None:
        self._set_waiting(self._wanted(self._waiting))

    def _wanted(self, texts: Sequence[PendingText]) -> list[PendingText]:
        """Those of the texts for which anyone still waits; the others are forgotten."""
        wanted = []
        for pending in texts:
            if pending.wanted():
                wanted.append(pending)
            else:
                self._leave(pending)
        return wanted

    def _leave(self, pending: PendingText) -> None:
        # By identity: the same text may have come in again since.
        if self._in_flight.get(pending.text.token_ids) is pending:
            del self._in_flight[pending.text.token_ids]

    async def _encode(self, batch: list[PendingText]) -> None:
        started = perf_counter()
        try:
            matrix = await self._ask_model(batch, started)
        except RefusedTextError as refused:
            if len(batch) == 1:
                self._fail(batch, "the model refuses this text", refused)
            else:
                await self._encode_halves(batch, refused)
            return
        except Exception as error:
            self._fail(batch, "the model gave no vectors", error)
            return
        self._last_failed = False
        self._report(batch, started, perf_counter() - started)
        for pending, row in zip(batch, matrix, strict=True):
            # A copy: a view would keep the whole batch's memory alive.
            vector = row.copy()
            vector.setflags(write=False)
            self._leave(pending)
            pending.resolve(vector)

    async def _ask_model(self, batch: list[PendingText], started: float) -> FloatMatrix:
        self._running_since.append(started)
        for pending in batch:
            pending.started = started
        try:
            matrix = await self._encoder.encode([pending.text for pending in batch])
        finally:
            self._running_since.remove(started)
        if len(matrix) != len(batch):
            raise ValueError(f"{len(batch)} texts gave {len(matrix)} vectors")
        return matrix

    async def _encode_halves(self, batch: list[PendingText], refused: RefusedTextError) -> None:
        """Find the text that is refused, so that it fails nobody else's."""
        _log.warning("a batch is refused", texts=len(batch), error=str(refused))
        middle = len(batch) // 2
        for half in (batch[:middle], batch[middle:]):
            if wanted := self._wanted(half):
                await self._encode(wanted)

    def _fail(self, batch: list[PendingText], message: str, error: Exception) -> None:
        _log.error("encoding a batch failed", texts=len(batch), exc_info=error)
        # Also for a refused text: whether all are refused, the next health check finds out.
        self._last_failed = True
        self._observer.batch_failed(self._model)
        for pending in batch:
            self._leave(pending)
            pending.fail(message, Reason.EMBEDDING_FAILED, error)

    def _report(self, batch: list[PendingText], started: float, seconds: float) -> None:
        lengths = [len(pending.text.token_ids) for pending in batch]
        tokens = sum(lengths)
        padded = max(lengths) * len(lengths)
        self._speed.learn(padded_tokens=padded, seconds=seconds)
        report = BatchReport(
            model=self._model,
            texts=len(lengths),
            tokens=tokens,
            padded_tokens=padded,
            waits=[started - pending.arrived for pending in batch],
            seconds=seconds,
        )
        self._observer.batch_encoded(report)
        _log.debug("batch encoded", texts=len(lengths), padded_tokens=padded, seconds=seconds)
