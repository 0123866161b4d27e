"""What the package ships, from a trained model."""

from pathlib import Path

import torch
from safetensors.torch import save_file

from training.cross_encoder import CrossEncoder

_ENCODER = "encoder.base_model.model."
_MATRICES = {".lora_A.default.weight": ".down", ".lora_B.default.weight": ".up"}


def save_adapters(model: CrossEncoder, path: Path) -> None:
    """Write adapters and head. In 16 bits: the encoder's own weights have no more."""
    weights: dict[str, torch.Tensor] = {}
    for name, weight in model.trainable().items():
        value = weight.detach()
        if name.startswith(_ENCODER):
            for suffix, short in _MATRICES.items():
                if name.endswith(suffix):
                    matrix = name.removeprefix(_ENCODER).removesuffix(suffix)
                    weights[matrix + short] = value.half().contiguous()
        else:
            weights[name] = value.float().contiguous()
    save_file(weights, path)
