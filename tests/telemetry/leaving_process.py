"""Run by test_multiprocess: opens telemetry, counts a call, begins another, prints which files
there are, and leaves in an orderly way."""

import asyncio
import os

from nearhit_server.core.observing import CallRecord
from nearhit_server.telemetry.observer import open_telemetry


async def main() -> None:
    async with open_telemetry(version="1.2.3", log_prompts=False, tracing=False) as telemetry:
        record = CallRecord(protocol="grpc", method="a/B", request_id="r", status="OK")
        with telemetry.call(record):
            pass
        telemetry.call(record).__enter__()
        print(*os.listdir(os.environ["PROMETHEUS_MULTIPROC_DIR"]))


asyncio.run(main())
