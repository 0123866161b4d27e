"""The verifier as it is trained: the default encoder's weights, adapters and a head."""

from pathlib import Path
from typing import Any, Final

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModel, BatchEncoding

ADAPTED_LAYERS: Final = ("query", "key", "value", "dense")
"""Every matrix of BERT's layers, of attention and of what follows it."""


class CrossEncoder(torch.nn.Module):
    """Reads two prompts at once; gives the logit of their being equivalent."""

    def __init__(self, folder: Path, *, rank: int, dropout: float) -> None:
        """`folder` holds the encoder, whose own weights stay as they are."""
        super().__init__()
        base = AutoModel.from_pretrained(
            folder,
            add_pooling_layer=False,
            # Drawing its random numbers took as long as all the rest.
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        )
        config = LoraConfig(
            r=rank,
            lora_alpha=rank,
            lora_dropout=0.0,
            target_modules=list(ADAPTED_LAYERS),
        )
        self.encoder = get_peft_model(base, config)
        width = base.config.hidden_size
        self.dropout = torch.nn.Dropout(dropout)
        self.dense = torch.nn.Linear(width, width)
        self.out = torch.nn.Linear(width, 1)

    def forward(self, batch: BatchEncoding | dict[str, Any]) -> torch.Tensor:
        """Logits, shape (pairs,)."""
        tokens = self.encoder(**batch).last_hidden_state
        mask = batch["attention_mask"][..., None].to(tokens.dtype)
        mean = (tokens * mask).sum(dim=1) / mask.sum(dim=1)
        hidden = torch.tanh(self.dense(self.dropout(mean)))
        logits: torch.Tensor = self.out(self.dropout(hidden))[:, 0]
        return logits.float()

    def trainable(self) -> dict[str, torch.nn.Parameter]:
        """What is trained, by name."""
        return {name: weight for name, weight in self.named_parameters() if weight.requires_grad}

    def trainable_state(self) -> dict[str, torch.Tensor]:
        """A copy of what is trained, which further training does not change."""
        return {name: weight.detach().clone() for name, weight in self.trainable().items()}

    def forget_verdict(self) -> None:
        """Make every logit 0; what was learned about prompts stays."""
        torch.nn.init.zeros_(self.out.weight)
        torch.nn.init.zeros_(self.out.bias)
