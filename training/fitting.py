"""Training, in bfloat16, on the CPU or on CUDA."""

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from transformers import BatchEncoding, PreTrainedTokenizerBase

from nearhit_server.core.verification.calibration import nearness
from training.cross_encoder import CrossEncoder
from training.examples import Example
from training.pairs import Pair

_BATCH: Final = 48
_SORTED_TOGETHER: Final = 50
"""Batches whose examples are sorted by length, so that little is padding."""

_WARM_UP: Final = 0.06
_LARGEST_GRADIENT: Final = 1.0
_MOST_TOKENS: Final = 128
_LOOKS: Final = 4
"""How often in a phase the held-out pairs are looked at."""

_JUDGED_AT_RECALL: Final = 0.5


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Pairs with their similarity, and the target of each."""

    pairs: Sequence[Pair]
    similarities: npt.NDArray[np.float64]
    targets: npt.NDArray[np.float64]

    @classmethod
    def of(cls, examples: Sequence[Example], similarities: npt.NDArray[np.float64]) -> "Measured":
        """Examples with the similarity of each."""
        return cls(
            pairs=[example.pair for example in examples],
            similarities=similarities,
            targets=np.array([example.target for example in examples]),
        )

    def part(self, indexes: Sequence[int]) -> "Measured":
        """Some of them, one as often as its index is named."""
        return Measured(
            pairs=[self.pairs[index] for index in indexes],
            similarities=self.similarities[indexes],
            targets=self.targets[indexes],
        )


class Trainer:
    """Trains a model in phases and keeps the state that was best on held-out pairs."""

    def __init__(
        self, model: CrossEncoder, tokenizer: PreTrainedTokenizerBase, *, device: str, seed: int
    ) -> None:
        self._model = model.to(device)
        self._tokenizer = tokenizer
        self._device = torch.device(device)
        self._random = random.Random(seed)

    def fit(
        self,
        examples: Measured,
        held_out: Measured,
        *,
        learning_rate: float,
        beside_similarity: bool,
    ) -> float:
        """Go through the examples once, and take the state that was best on the held-out pairs;
        returns what share of them would be wrong hits.

        `beside_similarity`: the model learns what the similarity does not know, as what is added
        to the log-odds that follow from the similarity; else the log-odds themselves.
        """
        offsets = Offsets(enabled=beside_similarity).to(self._device)
        groups = [
            {"params": list(self._model.trainable().values()), "lr": learning_rate},
            {"params": list(offsets.parameters()), "lr": 2e-3, "weight_decay": 0.0},
        ]
        optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
        steps = max(1, len(examples.pairs) // _BATCH)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, steps))
        best, best_state = 1.0, self._model.trainable_state()
        began = time.monotonic()
        for step, batch in zip(range(1, steps + 1), self._batches(examples), strict=False):
            loss = self._loss(examples, batch, offsets)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self._model.trainable().values(), _LARGEST_GRADIENT)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            if step % max(1, steps // _LOOKS) == 0 or step == steps:
                wrong = self._wrong(held_out, offsets)
                print(f"  step {step}/{steps}, {time.monotonic() - began:.0f} s: {wrong:.2%}")
                if wrong < best:
                    best, best_state = wrong, self._model.trainable_state()
        self._model.load_state_dict(best_state, strict=False)
        return best

    def logits(self, pairs: Sequence[Pair]) -> npt.NDArray[np.float64]:
        """The model's logit of each pair, shape (len(pairs),)."""
        self._model.eval()
        logits = np.zeros(len(pairs))
        order = np.argsort(self._lengths(pairs))
        with torch.inference_mode():
            for start in range(0, len(order), _BATCH):
                indexes = order[start : start + _BATCH]
                inputs = self._inputs([pairs[index] for index in indexes])
                with self._half_precision():
                    logits[indexes] = self._model(inputs).cpu().numpy()
        self._model.train()
        return logits

    def _loss(
        self, examples: Measured, batch: npt.NDArray[np.int64], offsets: "Offsets"
    ) -> torch.Tensor:
        # A pair is the same either way round.
        pairs = [
            _turned(examples.pairs[i]) if self._random.random() < 0.5 else examples.pairs[i]
            for i in batch
        ]
        targets = torch.tensor(examples.targets[batch], dtype=torch.float32, device=self._device)
        with self._half_precision():
            logits = self._model(self._inputs(pairs))
        logits = logits + offsets(examples.similarities[batch])
        return torch.nn.functional.binary_cross_entropy_with_logits(logits, targets)

    def _wrong(self, held_out: Measured, offsets: "Offsets") -> float:
        """The share of pairs that are not equivalent and would hit, at a recall of one half."""
        with torch.inference_mode():
            scores = self.logits(held_out.pairs) + offsets(held_out.similarities).cpu().numpy()
        equivalent = held_out.targets > 0.5
        threshold = np.quantile(scores[equivalent], 1 - _JUDGED_AT_RECALL)
        return float((scores[~equivalent] >= threshold).mean())

    def _batches(self, examples: Measured) -> Iterator[npt.NDArray[np.int64]]:
        lengths = self._lengths(examples.pairs)
        while True:
            order = np.array(self._random.sample(range(len(lengths)), len(lengths)))
            for start in range(0, len(order), _BATCH * _SORTED_TOGETHER):
                together = order[start : start + _BATCH * _SORTED_TOGETHER]
                together = together[np.argsort(lengths[together], kind="stable")]
                batches = [together[i : i + _BATCH] for i in range(0, len(together), _BATCH)]
                self._random.shuffle(batches)
                yield from batches

    def _lengths(self, pairs: Sequence[Pair]) -> npt.NDArray[np.int64]:
        """Tokens of each pair. By characters, a fifth of a sorted batch would be padding."""
        return np.array([len(tokens) for tokens in self._tokenized(pairs)["input_ids"]])

    def _inputs(self, pairs: Sequence[Pair]) -> BatchEncoding:
        return self._tokenized(pairs, padding=True, return_tensors="pt").to(self._device)

    def _tokenized(self, pairs: Sequence[Pair], **options: Any) -> BatchEncoding:
        return self._tokenizer(
            [pair.first for pair in pairs],
            [pair.second for pair in pairs],
            truncation=True,
            max_length=_MOST_TOKENS,
            **options,
        )

    def _half_precision(self) -> torch.autocast:
        return torch.autocast(self._device.type, torch.bfloat16)


class Offsets(torch.nn.Module):
    """The log-odds that follow from a similarity; 0 where they are not enabled."""

    def __init__(self, *, enabled: bool) -> None:
        super().__init__()
        self._enabled = enabled
        self.weight = torch.nn.Parameter(torch.tensor(1.5))
        self.bias = torch.nn.Parameter(torch.tensor(-3.0))

    def forward(self, similarities: npt.NDArray[np.float64]) -> torch.Tensor:
        """One number for each similarity."""
        near = [nearness(similarity) for similarity in similarities]
        offsets = self.weight * torch.tensor(near, device=self.weight.device) + self.bias
        return offsets if self._enabled else torch.zeros_like(offsets)


def _turned(pair: Pair) -> Pair:
    return Pair(pair.second, pair.first, pair.equivalent)


def _rate(step: int, steps: int) -> float:
    warm = min(1.0, step / (_WARM_UP * steps + 1))
    return warm * max(0.0, (steps - step) / steps)
