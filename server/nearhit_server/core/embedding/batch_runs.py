"""Batches through the model."""

from collections.abc import Sequence
from time import perf_counter
from typing import Final

import structlog

from nearhit_server.core.embedding.batch_forming import batch_tokens
from nearhit_server.core.embedding.model_speed import ModelSpeed
from nearhit_server.core.embedding.pending_text import PendingText
from nearhit_server.core.embedding.refused_text import RefusedTextError
from nearhit_server.core.embedding.text_queue import TextQueue
from nearhit_server.core.errors import Reason
from nearhit_server.core.observing import BatchReport, Observer
from nearhit_server.core.ports import Encoder, TokenizedText
from nearhit_server.core.vectors import FloatMatrix

_log = structlog.get_logger()

_LONGEST_BATCH_SECONDS: Final = 30.0
"""A batch takes milliseconds; a model that is at it for this long has hung."""

_TRIAL_TEXT: Final = "is anybody there"
"""Nothing is wrong with it: a model that refuses it refuses everything."""


class BatchRunner:
    """Asks the model, and gives each text of a batch its vector or its error."""

    def __init__(
        self,
        encoder: Encoder,
        queue: TextQueue,
        *,
        model: str,
        speed: ModelSpeed,
        observer: Observer,
    ) -> None:
        """Texts that have their outcome leave `queue`; `speed` learns from their batches."""
        self._encoder = encoder
        self._queue = queue
        self._model = model
        self._speed = speed
        self._observer = observer
        self._last_failed = False
        self._running_since: list[float] = []

    @property
    def healthy(self) -> bool:
        """Whether the model works: its last batch did, and it is not stuck in a present one."""
        if self._last_failed:
            return False
        oldest = min(self._running_since, default=None)
        return oldest is None or perf_counter() - oldest < _LONGEST_BATCH_SECONDS

    async def run(self, batch: Sequence[PendingText]) -> None:
        """Encode a batch. Every text in it has its outcome on return."""
        try:
            try:
                await self._encode(batch)
            except RefusedTextError as refused:
                if len(batch) > 1:
                    # A model that refuses everything would be asked twice for each text.
                    await self.try_model()
                await self._find_refused(batch, refused)
        except Exception as error:
            self._fail(batch, error)

    async def try_model(self) -> None:
        """Return if the model encodes a text with which nothing is wrong.

        Asks at once, past the queue: texts of callers that the model hangs on must not keep it
        from showing that it works again. Raises what the encoder raises.
        """
        await self._ask(await self._encoder.tokenize([_TRIAL_TEXT]))

    async def _encode(self, batch: Sequence[PendingText]) -> None:
        started = perf_counter()
        for pending in batch:
            pending.started = started
        matrix = await self._ask([pending.text for pending in batch])
        self._report(batch, started, perf_counter() - started)
        for pending, row in zip(batch, matrix, strict=True):
            # A copy: a view would keep the whole batch's memory alive.
            vector = row.copy()
            vector.setflags(write=False)
            self._queue.leave(pending)
            pending.resolve(vector)

    async def _ask(self, texts: Sequence[TokenizedText]) -> FloatMatrix:
        started = perf_counter()
        self._running_since.append(started)
        try:
            matrix = await self._encoder.encode(texts)
        finally:
            self._running_since.remove(started)
        if len(matrix) != len(texts):
            raise ValueError(f"{len(texts)} texts gave {len(matrix)} vectors")
        self._last_failed = False
        return matrix

    async def _find_refused(self, batch: Sequence[PendingText], refused: RefusedTextError) -> None:
        """Ask for the halves of a refused batch, until the text that is refused is alone."""
        if len(batch) == 1:
            self._refuse(batch[0], refused)
            return
        _log.warning("a batch is refused", texts=len(batch), error=str(refused))
        middle = len(batch) // 2
        for half in (batch[:middle], batch[middle:]):
            wanted = self._queue.wanted(half)
            try:
                if wanted:
                    await self._encode(wanted)
            except RefusedTextError as again:
                await self._find_refused(wanted, again)

    def _refuse(self, pending: PendingText, error: RefusedTextError) -> None:
        _log.warning("a text is refused", error=str(error))
        self._note_failure()
        self._queue.leave(pending)
        pending.refuse(error)

    def _fail(self, batch: Sequence[PendingText], error: Exception) -> None:
        # Of a batch that was divided, some may have their outcome.
        failed = self._queue.wanted(batch)
        _log.error("encoding a batch failed", texts=len(failed), exc_info=error)
        self._note_failure()
        for pending in failed:
            self._queue.leave(pending)
            pending.fail("the model gave no vectors", Reason.EMBEDDING_FAILED, error)

    def _note_failure(self) -> None:
        # Also for a refused text: whether all are refused, the next health check finds out.
        self._last_failed = True
        self._observer.batch_failed(self._model)

    def _report(self, batch: Sequence[PendingText], started: float, seconds: float) -> None:
        lengths = [len(pending.text.token_ids) for pending in batch]
        padded = batch_tokens(lengths, pads=self._encoder.pads)
        self._speed.learn(padded_tokens=padded, seconds=seconds)
        report = BatchReport(
            model=self._model,
            texts=len(lengths),
            tokens=sum(lengths),
            padded_tokens=padded,
            waits=[started - pending.arrived for pending in batch],
            seconds=seconds,
        )
        self._observer.batch_encoded(report)
        _log.debug("batch encoded", texts=len(lengths), padded_tokens=padded, seconds=seconds)
