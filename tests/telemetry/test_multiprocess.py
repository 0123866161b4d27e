"""Processes that share a folder for their metrics."""

import asyncio
import os
import sys
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from server_process import failed_start
from telemetry.samples import samples_of

HERE = Path(__file__).parent
VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


async def test_process_that_ends_takes_its_gauges_along_and_leaves_its_counts(tmp_path):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(HERE / "leaving_process.py")),
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {VARIABLE: str(tmp_path)},
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0
    assert f"gauge_livesum_{process.pid}.db" in printed.decode().split()
    assert not list(tmp_path.glob("gauge_*"))
    registry = CollectorRegistry()
    MultiProcessCollector(registry, str(tmp_path))
    samples = samples_of(generate_latest(registry))
    assert samples.of("nearhit_calls_total", protocol="grpc", method="a/B", status="OK") == 1
    assert samples.of("nearhit_calls_in_flight") is None


@pytest.mark.parametrize("folder", ["missing", "file", "/proc"])
async def test_folder_that_cannot_be_written_to_is_told_at_start(tmp_path, folder):
    (tmp_path / "file").touch()
    path = str(tmp_path / folder)
    sentence = await asyncio.to_thread(failed_start, **{VARIABLE: path})
    assert sentence.startswith(f"nearhit: metrics cannot be written to {VARIABLE}={path}: ")


async def test_variable_without_a_folder_is_told_at_start():
    sentence = await asyncio.to_thread(failed_start, **{VARIABLE: ""})
    assert sentence == f"nearhit: {VARIABLE} is set and names no folder"
