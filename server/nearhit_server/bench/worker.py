"""One process that makes calls: `python -m nearhit_server.bench.worker`.

It reads its assignment from standard input, then a line to start and, to be stopped early, another
one; it writes what it has to say as lines of JSON.
"""

import asyncio
import json
import selectors
import sys
from collections.abc import Callable
from typing import Any

from nearhit import NearhitError
from nearhit_server.bench.calls import Caller, open_channels
from nearhit_server.bench.measuring import measure
from nearhit_server.bench.scenarios import restored_scenario
from nearhit_server.bench.settings import Assignment, Load
from nearhit_server.memory import settle


def main() -> None:
    """Do what standard input says."""
    assignment = Assignment.restored(json.loads(sys.stdin.buffer.readline()))
    with asyncio.Runner(loop_factory=_loop_factory(assignment.load)) as runner:
        runner.run(_work(assignment))


async def _work(assignment: Assignment) -> None:
    orders = await _standard_input()
    load = assignment.load
    timeout = load.timeout_seconds
    try:
        async with open_channels(
            assignment.target, load.channels, timeout_seconds=timeout
        ) as channels:
            caller = Caller(channels, assignment.target, timeout_seconds=timeout)
            requests = restored_scenario(assignment.scenario).requests(assignment.session)
            await caller.first_calls(next(requests))
            settle()
            _say(ready=True)
            if not await orders.readline():
                return
            state = await measure(
                load,
                assignment.session,
                requests,
                caller.perform,
                # Also when whoever started this has gone.
                stop=asyncio.create_task(orders.readline()),
                observe=lambda state: _say(state=state),
            )
            _say(done=state)
    except NearhitError as error:
        _say(failed=error.message, status_code=error.status_code, reason=error.reason)


def _say(**message: Any) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


async def _standard_input() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


def _loop_factory(load: Load) -> Callable[[], asyncio.AbstractEventLoop]:
    if load.rate is not None:
        # Epoll and uvloop wait for whole milliseconds, which would be part of each latency.
        # Measured at 500 calls a second, this wakes up 0.09 ms late (p99 0.2), epoll 0.6 (1.3).
        return lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())
    try:
        import uvloop
    except ModuleNotFoundError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop


if __name__ == "__main__":
    main()
