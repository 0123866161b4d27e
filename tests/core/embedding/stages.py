"""A batching stage around a gated encoder, and what it tells."""

import asyncio

from gated_encoder import tokens
from nearhit_server.core.embedding.batching import BatchingStage
from nearhit_server.core.observing import Unobserved


class Notes(Unobserved):
    """Remembers what the stage tells."""

    def __init__(self):
        self.reports = []
        self.failures = []
        self.waiting = []
        self.stages = []

    def texts_waiting(self, model, count):
        self.waiting.append(count)

    def batch_encoded(self, report):
        self.reports.append(report)

    def batch_failed(self, model):
        self.failures.append(model)

    def stage(self, stage, *, started, ended):
        self.stages.append((asyncio.current_task().get_name(), stage, started, ended))


def batching_stage(encoder, notes, *, max_waiting_seconds=60):
    return BatchingStage(
        encoder,
        model="gated",
        max_batch_tokens=8,
        max_waiting_texts=4,
        max_waiting_seconds=max_waiting_seconds,
        observer=notes,
    )


async def occupied(stage, encoder):
    """Keep the model busy with one text, so that what comes next has to wait."""
    encoder.gate.clear()
    task = asyncio.create_task(stage.encode([tokens(99)]))
    await encoder.started.acquire()
    return task


async def settled():
    """Let every task run until it waits for something outside."""
    for _ in range(10):
        await asyncio.sleep(0)
