"""Converted models on OpenVINO, on the CPU."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import openvino

from nearhit_server.core.vectors import FloatMatrix
from nearhit_server.encoders.local.facts import ModelFacts
from nearhit_server.encoders.local.packing import PackedBatch, pack
from nearhit_server.encoders.local.padding import PaddedBatch, pad

_LONE_TOKENS: Final = (32,)
"""Lengths for which a model is compiled once more. One of any shape prepares itself anew for each:
measured with all-MiniLM-L6-v2, a few milliseconds between two texts of up to so many tokens, 2.4 ms
instead of 3.6 and more. (16 as well would make it 1.95.) Each takes 33 MB."""


class OpenVinoRuntime:
    """Runs a compiled model.

    In bfloat16 where the CPU computes with it, which is OpenVINO's own choice: measured with
    all-MiniLM-L6-v2, its vectors have a cosine of 0.9999 and more to those of 32-bit floats.
    """

    on_cpu = True

    def __init__(
        self,
        graph: Path,
        facts: ModelFacts,
        *,
        threads: int | None = None,
        precision: str | None = None,
        lone_tokens: Sequence[int] = _LONE_TOKENS,
    ) -> None:
        """`graph` is the file that the conversion wrote. `threads` is how many of the CPU's cores
        it may use, None for all. `precision` is OpenVINO's name for what it computes in,
        `lone_tokens` are lengths of a text that comes alone to be especially quick with."""
        self._options = {"PERFORMANCE_HINT": "LATENCY"}
        if threads is not None:
            self._options["INFERENCE_NUM_THREADS"] = str(threads)
        if precision is not None:
            self._options["INFERENCE_PRECISION_HINT"] = precision
        self._core = openvino.Core()
        self._facts = facts
        model = self._core.read_model(graph)
        self.pads = not _takes_packed_texts(model)
        self._any_shape = self._compiled(model)
        lengths = [length for length in lone_tokens if length <= facts.window]
        self._lone = {length: self._compiled_for_one(model, length) for length in lengths}

    def run(self, texts: Sequence[Sequence[int]]) -> FloatMatrix:
        """The model's vectors of texts, given as token ids: shape (len(texts), dimension)."""
        if len(texts) == 1:
            for length, request in self._lone.items():
                if len(texts[0]) <= length:
                    return _infer(request, self._arranged(texts, width=length))
        return _infer(self._any_shape, self._arranged(texts))[: len(texts)]

    def _arranged(
        self, texts: Sequence[Sequence[int]], *, width: int = 1
    ) -> PaddedBatch | PackedBatch:
        if self.pads:
            return pad(texts, self._facts, width=width)
        return pack(texts, width=width)

    def _compiled(self, model: openvino.Model) -> openvino.InferRequest:
        return self._core.compile_model(model, "CPU", self._options).create_infer_request()

    def _compiled_for_one(self, model: openvino.Model, length: int) -> openvino.InferRequest:
        example = self._arranged([[0]], width=length)
        model.reshape({name: list(array.shape) for name, array in example._asdict().items()})
        return self._compiled(model)


def _takes_packed_texts(model: openvino.Model) -> bool:
    names = {name for port in model.inputs for name in port.names}
    return names >= set(PackedBatch._fields)


def _infer(request: openvino.InferRequest, batch: PaddedBatch | PackedBatch) -> FloatMatrix:
    # Copies what goes in and what comes out. To share memory would be quicker by nothing that can
    # be measured, and a request that has done so now and then corrupts the heap (2026.4).
    (output,) = request.infer(batch._asdict()).values()
    matrix: FloatMatrix = output
    return matrix
