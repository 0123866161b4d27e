"""Run by test_durability: puts entries until it is killed, printing each acknowledged number."""

import asyncio
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from clocks import ManualClock
from contract.samples import Sample
from nearhit_server.core.caches import CacheSpec
from nearhit_server.stores.embedded import EmbeddedStore, open_embedded_store

CALLERS = 8


async def main(data_dir: Path) -> None:
    sample, numbers = Sample(ManualClock()), count()
    async with open_embedded_store(data_dir, clock=ManualClock()) as store:
        spec = await store.create_cache(sample.spec())
        async with asyncio.TaskGroup() as group:
            for _ in range(CALLERS):
                group.create_task(put_forever(store, spec, sample, numbers))


async def put_forever(
    store: EmbeddedStore, spec: CacheSpec, sample: Sample, numbers: Iterator[int]
) -> None:
    for number in numbers:
        await store.put(spec, [sample.numbered(number)])
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


asyncio.run(main(Path(sys.argv[1])))
