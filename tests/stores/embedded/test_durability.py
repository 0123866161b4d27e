"""What was acknowledged survives the process's sudden death."""

import asyncio
import os
import sys
from pathlib import Path

from nearhit_server.core.entries import PromptKey

HERE = Path(__file__).parent
ACKNOWLEDGED_BEFORE_THE_KILL = 500


async def numbers_until_killed(data_dir: Path) -> list[int]:
    """The numbers of the entries that a process acknowledged until it was killed at work."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(HERE / "putting_process.py"),
        str(data_dir),
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(HERE.parents[1])},
    )
    lines = [await process.stdout.readline() for _ in range(ACKNOWLEDGED_BEFORE_THE_KILL)]
    process.kill()
    rest = await process.stdout.read()
    await process.wait()
    # The last line may be cut: only whole ones were acknowledged.
    whole = b"".join(lines) + rest[: rest.rfind(b"\n") + 1]
    return [int(line) for line in whole.split()]


async def test_every_acknowledged_put_is_found_after_a_kill(open_store, data_dir, sample):
    numbers = await numbers_until_killed(data_dir)
    assert len(numbers) >= ACKNOWLEDGED_BEFORE_THE_KILL
    async with open_store() as store:
        spec = await store.get_cache("cache")
        for number in numbers:
            entry = sample.numbered(number)
            key = PromptKey.of(entry.prompt)
            (exact,) = await store.find_exact(spec, key, where=None, limit=9)
            (nearest,) = await store.find_nearest(spec, entry.vector, where=None, limit=1)
            assert exact.entry_id == nearest.entry.entry_id == entry.entry_id
