"""The forms in which a SentenceTransformer can be traced: functions from tensors to a tensor."""

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer

from nearhit_server.encoders.local.packing import NO_TEXT

_NEVER = -1e9
"""Added to the attention to what a token may not look at."""


class PaddedForm(torch.nn.Module):
    """Any model, as it is: a row for each text."""

    def __init__(self, model: SentenceTransformer) -> None:
        super().__init__()
        self._model = model
        token = torch.ones((2, 8), dtype=torch.int64)
        self.example = {"input_ids": token, "attention_mask": token}

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """The texts' vectors, shape (texts, dimension)."""
        features = {"input_ids": input_ids, "attention_mask": attention_mask}
        vectors: torch.Tensor = self._model(features)["sentence_embedding"]
        return vectors


class PackedForm(torch.nn.Module):
    """A model of BERT's kind that takes the mean of its tokens: texts share rows, and a token
    looks at its own text only."""

    def __init__(self, transformer: torch.nn.Module) -> None:
        super().__init__()
        self._transformer = transformer
        rows = torch.arange(16).reshape(2, 8)
        self.example = {
            "input_ids": torch.ones_like(rows),
            "position_ids": rows % 4,
            "segment_ids": torch.where(rows % 8 == 7, NO_TEXT, rows // 4),
            "text_ids": torch.arange(4),
        }

    def forward(
        self,
        input_ids: torch.Tensor,
        position_ids: torch.Tensor,
        segment_ids: torch.Tensor,
        text_ids: torch.Tensor,
        token_type_ids: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """The texts' vectors, shape (texts, dimension)."""
        same_text = segment_ids[:, :, None] == segment_ids[:, None, :]
        tokens = self._transformer(
            input_ids=input_ids,
            position_ids=position_ids,
            token_type_ids=token_type_ids,
            attention_mask=torch.where(same_text, 0.0, _NEVER)[:, None],
        ).last_hidden_state.flatten(end_dim=1)
        belongs = (text_ids[:, None] == segment_ids.reshape(1, -1)).to(tokens.dtype)
        means: torch.Tensor = (belongs @ tokens) / belongs.sum(dim=1, keepdim=True)
        return means


def can_be_packed(model: SentenceTransformer) -> bool:
    """Whether `PackedForm` says what the model says. Whether it does so with this version of the
    libraries, the conversion finds out."""
    match list(model):
        case [Transformer() as transformer, Pooling() as pooling, *rest]:
            return (
                transformer.auto_model.config.model_type == "bert"
                and pooling.pooling_mode == "mean"
                # Of any length will do: encoders make it 1.
                and all(isinstance(module, Normalize) for module in rest)
            )
    return False
