"""The observer that the server runs with: metrics, the log and traces from what it is told."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from contextvars import ContextVar, Token
from time import perf_counter
from types import TracebackType
from typing import TYPE_CHECKING, Final

from nearhit_server.core.health import Health
from nearhit_server.core.observing import (
    BatchReport,
    CallRecord,
    Shed,
    Stage,
    VectorSource,
)
from nearhit_server.core.queries import Hit, Miss
from nearhit_server.telemetry.call_log import log_call
from nearhit_server.telemetry.ended_calls import EndedCalls
from nearhit_server.telemetry.metrics import Metrics
from nearhit_server.telemetry.multiprocess import MetricsFolderError, shared_metrics
from nearhit_server.telemetry.timed_stages import TimedStage

if TYPE_CHECKING:
    from nearhit_server.telemetry.tracing import CallTracer


class TelemetryStartupError(Exception):
    """What was asked for cannot be had; the message is one plain sentence."""


class Telemetry:
    """Implements the port Observer, which says what each method is told."""

    def __init__(
        self, metrics: Metrics, *, log_prompts: bool = False, tracer: "CallTracer | None" = None
    ) -> None:
        self.metrics = metrics
        self._log_prompts = log_prompts
        self._tracer = tracer
        self.ended_calls: EndedCalls[_ObservedCall] = EndedCalls(self._account)

    def call(self, record: CallRecord) -> "_ObservedCall":
        """As Observer.call."""
        return _ObservedCall(self, record)

    def _account(self, call: "_ObservedCall") -> None:
        spent = call.record.stage_seconds
        for stage, started, ended in call.stages:
            seconds = ended - started
            self.metrics.searches.stage(stage, seconds)
            spent[stage] = spent.get(stage, 0.0) + seconds
        seconds = call.ended - call.started
        self.metrics.calls.count(call.record, seconds)
        log_call(call.record, seconds)
        if self._tracer is not None:
            self._tracer.trace(call.record, call.stages, started=call.started, ended=call.ended)

    def stage(self, stage: Stage, *, started: float, ended: float) -> None:
        """As Observer.stage."""
        call = _current.get()
        if call is None or call.over:
            self.metrics.searches.stage(stage, ended - started)
        else:
            call.stages.append(TimedStage(stage, started, ended))

    def searched(self, cache_id: str, outcome: Hit | Miss) -> None:
        """As Observer.searched."""
        self.metrics.searches.searched(cache_id, outcome)
        call = _current.get()
        if call is None:
            return
        record = call.record
        record.searches += 1
        record.hits += isinstance(outcome, Hit)
        if record.searches == 1:
            record.first_outcome = outcome
            if self._log_prompts:
                record.prompt = outcome.effective_prompt

    def vectors_found(self, source: VectorSource, count: int) -> None:
        """As Observer.vectors_found."""
        self.metrics.models.vectors_found(source, count)

    def texts_waiting(self, model: str, count: int) -> None:
        """As Observer.texts_waiting."""
        self.metrics.models.texts_waiting(model, count)

    def batch_encoded(self, report: BatchReport) -> None:
        """As Observer.batch_encoded."""
        self.metrics.models.batch_encoded(report)

    def batch_failed(self, model: str) -> None:
        """As Observer.batch_failed."""
        self.metrics.models.batch_failed(model)

    def evicted(self, cache_id: str, count: int) -> None:
        """As Observer.evicted."""
        self.metrics.store.evicted(cache_id, count)

    def shed(self, cause: Shed) -> None:
        """As Observer.shed."""
        self.metrics.calls.shed(cause)

    def refused(self) -> None:
        """As Observer.refused."""
        self.metrics.calls.refused()

    def set_health(self, health: Health) -> None:
        """Show whether what calls need works."""
        self.metrics.set_health(health)


class _ObservedCall:
    """A call under way. A class of its own, because a generator's context manager costs more
    than all that is counted here."""

    __slots__ = ("_telemetry", "_token", "ended", "over", "record", "stages", "started")

    def __init__(self, telemetry: Telemetry, record: CallRecord) -> None:
        self._telemetry = telemetry
        self._token: Token[_ObservedCall | None] | None = None
        self.record = record
        self.stages: list[TimedStage] = []
        self.started = 0.0
        self.ended = 0.0
        self.over = False

    def __enter__(self) -> None:
        self._token = _current.set(self)
        self._telemetry.metrics.calls.began()
        self._telemetry.ended_calls.began()
        self.started = perf_counter()

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.ended = perf_counter()
        self.over = True
        assert self._token is not None
        _current.reset(self._token)
        self._telemetry.metrics.calls.ended()
        self._telemetry.ended_calls.add(self)


_current: Final[ContextVar[_ObservedCall | None]] = ContextVar("call", default=None)
"""The call that the running code works for. Tasks that a call starts inherit it."""


@asynccontextmanager
async def open_telemetry(
    *, version: str, log_prompts: bool, tracing: bool
) -> AsyncIterator[Telemetry]:
    """Telemetry for one server; leaving the context sends the spans that are left.

    Raises TelemetryStartupError if `tracing` is asked for and its packages are not there, or if
    the folder that processes share for their metrics cannot be written to.
    """
    async with AsyncExitStack() as stack:
        try:
            stack.enter_context(shared_metrics())
        except MetricsFolderError as error:
            raise TelemetryStartupError(str(error)) from error
        metrics = Metrics(version=version)
        tracer = await stack.enter_async_context(_open_tracer(version)) if tracing else None
        telemetry = Telemetry(metrics, log_prompts=log_prompts, tracer=tracer)
        stack.callback(telemetry.ended_calls.flush)
        yield telemetry


def _open_tracer(version: str) -> "AbstractAsyncContextManager[CallTracer]":
    try:
        # Imported here: an extra brings it, and most servers do without.
        from nearhit_server.telemetry.tracing import open_tracer
    except ImportError as error:
        raise TelemetryStartupError(
            "tracing needs packages that are not there: pip install 'nearhit[tracing]'"
        ) from error
    return open_tracer(version=version)
