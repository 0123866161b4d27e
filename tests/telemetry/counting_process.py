"""Run by test_exposition: ends as many calls as it is told, prints what /metrics would say here
in the middle of one more, and dies of it."""

import asyncio
import os
import sys
from pathlib import Path

import structlog

from clocks import ManualClock
from contract.samples import Sample
from nearhit_server.core.observing import CallRecord
from nearhit_server.core.queries import Miss
from nearhit_server.stores.embedded import open_embedded_store
from nearhit_server.telemetry.exposition import Exposition
from nearhit_server.telemetry.metrics import Metrics
from nearhit_server.telemetry.observer import Telemetry
from telemetry.samples import NEAREST


async def main(data_dir: Path, calls: int) -> None:
    telemetry = Telemetry(Metrics(version="1.2.3"))
    for _ in range(calls):
        with telemetry.call(_record()):
            telemetry.searched("default", Miss(NEAREST, None, ""))
    with telemetry.call(_record()):
        clock = ManualClock()
        async with open_embedded_store(data_dir, clock=clock) as store:
            await store.create_cache(Sample(clock).spec("default"))
            text, _ = await Exposition(telemetry.metrics, store=store).render()
            sys.stdout.buffer.write(text)
            sys.stdout.flush()
            os._exit(0)


def _record() -> CallRecord:
    return CallRecord(protocol="grpc", method="a/B", request_id="r", status="OK")


structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
