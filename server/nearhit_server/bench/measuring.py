"""One process's part of a run, from the first call to the last answer."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final, TypeAlias

from nearhit_server.bench.arrivals import due_seconds
from nearhit_server.bench.loops import Perform, closed_loop, open_loop
from nearhit_server.bench.recording import Recorder
from nearhit_server.bench.requests import Request
from nearhit_server.bench.settings import Load, Session

Observe: TypeAlias = Callable[[dict[str, Any]], None]
"""Is told the state so far, now and then."""

_OBSERVED_SECONDS: Final = 0.5


async def measure(
    load: Load,
    session: Session,
    requests: Iterator[Request],
    perform: Perform,
    *,
    stop: "asyncio.Future[Any]",
    observe: Observe,
) -> dict[str, Any]:
    """Make the calls until they are all answered, or until `stop` is done; the final state.

    Calls without an answer by then are cancelled, and counted as unfinished.
    """
    began, cpu_seconds = time.perf_counter(), time.process_time()
    begins = began + load.warmup_seconds
    recorder = Recorder(begins=begins, ends=begins + load.duration_seconds)
    calling = asyncio.create_task(_loop(load, session, requests, perform, recorder, began))
    observing = asyncio.create_task(_observe(recorder, observe))
    try:
        await asyncio.wait({calling, stop}, return_when=asyncio.FIRST_COMPLETED)
        # All answers may be there before the time is up, and then none was missed.
        now = recorder.ends if calling.done() else time.perf_counter()
    finally:
        observing.cancel()
        calling.cancel()
        with suppress(asyncio.CancelledError):
            await calling
    elapsed = time.perf_counter() - began
    cpu_share = (time.process_time() - cpu_seconds) / elapsed
    return {**recorder.state(now), "cpu_share": cpu_share}


async def _loop(
    load: Load,
    session: Session,
    requests: Iterator[Request],
    perform: Perform,
    recorder: Recorder,
    began: float,
) -> None:
    if load.concurrency is not None:
        ends = began + load.total_seconds
        await closed_loop(requests, perform, recorder, concurrency=load.concurrency, ends=ends)
        return
    due_times = (began + offset for offset in due_seconds(load, session))
    await open_loop(due_times, requests, perform, recorder, max_outstanding=load.max_outstanding)


async def _observe(recorder: Recorder, observe: Observe) -> None:
    while True:
        await asyncio.sleep(_OBSERVED_SECONDS)
        observe(recorder.state(time.perf_counter()))
