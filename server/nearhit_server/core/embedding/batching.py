"""The stage in front of the model, where the texts of all callers meet."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from time import perf_counter
from types import TracebackType
from typing import Final, Self

import structlog

from nearhit_server.core.embedding.batch_runs import BatchRunner
from nearhit_server.core.embedding.model_speed import ModelSpeed
from nearhit_server.core.embedding.pending_text import PendingText, TextOutcome
from nearhit_server.core.embedding.text_queue import TextQueue
from nearhit_server.core.errors import Reason, ResourceExhaustedError, UnavailableError
from nearhit_server.core.observing import UNOBSERVED, Observer, Shed, Stage
from nearhit_server.core.ports import Encoder, TokenizedText

_log = structlog.get_logger()

_MIN_RETRY_SECONDS: Final = 0.1
_MAX_RETRY_SECONDS: Final = 10.0

_TRIAL_SECONDS: Final = 5.0


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
        stages: tuple[Stage, Stage] = (Stage.EMBED_QUEUE, Stage.EMBED_MODEL),
        observer: Observer = UNOBSERVED,
    ) -> None:
        """`model` is the name that the observer is told, `stages` what it is told that a call's
        time went to: waiting, and the model. A call is let in while at most
        `max_waiting_texts` wait, its own among them, and those before it are likely to be done in
        `max_waiting_seconds`. A model that takes `concurrent_batches` side by side, because it
        works elsewhere, is busy when it has as many."""
        self._model = model
        self._stages = stages
        self._observer = observer
        self._max_batch_tokens = max_batch_tokens
        self._max_waiting_texts = max_waiting_texts
        self._max_waiting_seconds = max_waiting_seconds
        self._queue = TextQueue(model=model, pads=encoder.pads, observer=observer)
        self._arrived = asyncio.Event()
        self._concurrent_batches = concurrent_batches
        self._workers: list[asyncio.Task[None]] = []
        self._speed = ModelSpeed(
            max_batch_tokens=max_batch_tokens, concurrent_batches=concurrent_batches
        )
        self._runner = BatchRunner(
            encoder, self._queue, model=model, speed=self._speed, observer=observer
        )

    @property
    def healthy(self) -> bool:
        """Whether the model works: its last batch did, and it is not stuck in a present one."""
        return self._runner.healthy

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
        for pending in self._queue.clear():
            pending.fail("the server is shutting down", Reason.SHUTTING_DOWN)

    async def encode(self, texts: Sequence[TokenizedText]) -> list[TextOutcome]:
        """For each text, in order, its vector or, if the model refuses the text, its error.

        Vectors are read-only, because callers share them. Admits all of the texts or none. Raises
        ResourceExhaustedError if too many wait, and UnavailableError if the model fails on a batch
        or the stage is closed. Cancelling the call takes its texts out of the queue.
        """
        if not self._workers:
            raise UnavailableError("the server is shutting down", reason=Reason.SHUTTING_DOWN)
        self.check_room(self._queue.new_among(texts))
        joined = perf_counter()
        entered = self._queue.enter(texts)
        self._arrived.set()
        waiters = [self._wait_for(pending) for pending in entered]
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
        waiting, computing = self._stages
        self._observer.stage(waiting, started=joined, ended=started)
        self._observer.stage(computing, started=started, ended=ended)

    async def check(self) -> None:
        """Return if the model works; one that has failed is given a text to try again.

        Raises UnavailableError.
        """
        if self.healthy:
            return
        try:
            async with asyncio.timeout(_TRIAL_SECONDS):
                await self._runner.try_model()
        except Exception as error:
            _log.warning("the model still fails", model=self._model, error=repr(error))
            raise UnavailableError(
                f"model {self._model!r} gives no vectors", reason=Reason.EMBEDDING_FAILED
            ) from error

    def check_room(self, new: int) -> None:
        """Return if that many texts more would be let in. Raises ResourceExhaustedError."""
        if self._has_room(new):
            return
        self._queue.drop_unwanted()
        if not self._has_room(new):
            self._observer.shed(Shed.QUEUE)
            raise ResourceExhaustedError(
                f"{len(self._queue)} texts wait for their embedding, for another "
                f"{self._seconds_to_clear():.1f} s; at most {self._max_waiting_texts} may, and no "
                f"longer than {self._max_waiting_seconds:g} s",
                reason=Reason.EMBEDDING_QUEUE_FULL,
                retry_delay=self._time_to_clear(),
            )

    def _has_room(self, new: int) -> bool:
        # What a call brings along does not count as time, or a large batch would never be let in.
        return not new or (
            len(self._queue) + new <= self._max_waiting_texts
            and self._seconds_to_clear() <= self._max_waiting_seconds
        )

    def _seconds_to_clear(self) -> float:
        return self._speed.seconds_for(self._queue.waiting_tokens)

    def _time_to_clear(self) -> timedelta:
        seconds = min(_MAX_RETRY_SECONDS, max(_MIN_RETRY_SECONDS, self._seconds_to_clear()))
        return timedelta(seconds=seconds)

    def _wait_for(self, pending: PendingText) -> asyncio.Future[TextOutcome]:
        waiter = asyncio.get_running_loop().create_future()
        pending.waiters.append(waiter)
        return waiter

    async def _run(self) -> None:
        while True:
            batch = self._queue.take_batch(max_tokens=self._max_batch_tokens)
            if batch:
                await self._runner.run(batch)
            else:
                self._arrived.clear()
                await self._arrived.wait()
