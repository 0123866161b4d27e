"""The verifier in torch, in the form in which it is traced."""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import AutoModel, AutoTokenizer

from nearhit_server.core.errors import ModelError
from nearhit_server.encoders.local.traced_forms import PackedForm
from nearhit_server.encoders.verifier.artifact import ADAPTERS_FILE


class PairForm(torch.nn.Module):
    """The logit of two prompts' being equivalent. Pairs share rows, as texts do in PackedForm."""

    def __init__(self, encoder: torch.nn.Module, head: "Head", *, separator_id: int) -> None:
        """`separator_id` is the token that stands behind each prompt."""
        super().__init__()
        self._packed = PackedForm(encoder)
        self._head = head
        self._separator_id = separator_id
        self.example = self._packed.example

    def forward(
        self,
        input_ids: torch.Tensor,
        position_ids: torch.Tensor,
        segment_ids: torch.Tensor,
        text_ids: torch.Tensor,
    ) -> torch.Tensor:
        """Logits, shape (pairs, 1)."""
        # Which prompt of its pair a token belongs to: each pair has a separator behind both.
        ends = (input_ids == self._separator_id).long()
        token_type_ids = (torch.cumsum(ends, dim=1) - ends) % 2
        means = self._packed(input_ids, position_ids, segment_ids, text_ids, token_type_ids)
        logits: torch.Tensor = self._head(means)
        return logits


class Head(torch.nn.Module):
    """From the mean of a pair's tokens to its logit."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.dense = torch.nn.Linear(width, width)
        self.out = torch.nn.Linear(width, 1)

    def forward(self, means: torch.Tensor) -> torch.Tensor:
        """Logits, shape (pairs, 1)."""
        logits: torch.Tensor = self.out(torch.tanh(self.dense(means)))
        return logits


def load_pair_form(base: Path, adapters: Path = ADAPTERS_FILE) -> PairForm:
    """The encoder in `base` with adapters added to its matrices, and the head. Raises ModelError,
    whose message wants the model's name before it."""
    try:
        encoder = AutoModel.from_pretrained(base, add_pooling_layer=False, local_files_only=True)
        separator_id = AutoTokenizer.from_pretrained(base, local_files_only=True).sep_token_id
        weights = load_file(adapters)
        head = Head(encoder.config.hidden_size)
        head.load_state_dict({name: weights.pop(name) for name in head.state_dict()})
        _add(encoder, weights)
    except Exception as error:
        raise ModelError(f"cannot be loaded: {error}") from error
    return PairForm(encoder.eval(), head.eval(), separator_id=separator_id).eval()


def _add(encoder: torch.nn.Module, weights: Mapping[str, torch.Tensor]) -> None:
    for name in {name.rpartition(".")[0] for name in weights}:
        matrix = encoder.get_parameter(f"{name}.weight")
        down, up = weights[f"{name}.down"].float(), weights[f"{name}.up"].float()
        with torch.no_grad():
            matrix.add_(up @ down)
