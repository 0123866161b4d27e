"""The verifier on torch, where OpenVINO does not suit."""

from collections.abc import Sequence

import torch

from nearhit_server.core.vectors import FloatMatrix
from nearhit_server.encoders.local.packing import pack
from nearhit_server.encoders.verifier.pair_form import PairForm


class TorchPairRuntime:
    """Runs the verifier on any device that torch knows, in 32 bits: its batches are small."""

    pads = False

    def __init__(self, form: PairForm, *, device: str | None) -> None:
        """`device` is torch's name for it, None for the CPU."""
        self._device = torch.device(device or "cpu")
        self._form = form.to(self._device)
        self.on_cpu = self._device.type == "cpu"

    def run(self, texts: Sequence[Sequence[int]]) -> FloatMatrix:
        """The logits of pairs, given as token ids: shape (len(texts), 1)."""
        batch = pack(texts)._asdict()
        inputs = {name: torch.from_numpy(array).to(self._device) for name, array in batch.items()}
        with torch.inference_mode():
            logits = self._form(**inputs)[: len(texts)]
        matrix: FloatMatrix = logits.float().cpu().numpy()
        return matrix
