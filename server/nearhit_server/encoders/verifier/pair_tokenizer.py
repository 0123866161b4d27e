"""Pairs of prompts to token ids."""

from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer

from nearhit_server.core.errors import ModelError
from nearhit_server.core.ports import TokenizedText
from nearhit_server.encoders.local.facts import ModelFacts
from nearhit_server.encoders.verifier.artifact import WINDOW

_SEPARATOR = "[SEP]"
_UNKNOWN = "[UNK]"
_PADDING = "[PAD]"


def facts_of(base: Path) -> ModelFacts:
    """What has to be known of the verifier over the encoder in `base`. Raises ModelError."""
    try:
        text = (base / "tokenizer.json").read_text(encoding="utf-8")
        tokenizer = Tokenizer.from_str(text)
    except Exception as error:
        raise ModelError(f"has no tokenizer that can be read: {error}") from error
    return ModelFacts(
        dimension=1,
        window=WINDOW,
        prefix="",
        tokenizer_json=text,
        unknown_id=tokenizer.token_to_id(_UNKNOWN),
        padding_id=tokenizer.token_to_id(_PADDING) or 0,
        pads_left=False,
    )


class PairTokenizer:
    """The encoder's tokenizer, which knows how to put two texts together. Lets go of the
    interpreter while it works."""

    def __init__(self, facts: ModelFacts) -> None:
        self._tokenizer = Tokenizer.from_str(facts.tokenizer_json)
        self._tokenizer.enable_truncation(max_length=facts.window)
        self._tokenizer.no_padding()
        self._unknown = facts.unknown_id
        self._separator = self._tokenizer.token_to_id(_SEPARATOR) or 0

    def tokenize(self, pairs: Sequence[tuple[str, str]]) -> list[TokenizedText]:
        """The pairs as token ids, in order. One in which a prompt has the separator in its own
        text, so that nobody could say where the other begins, counts as having unknown tokens."""
        return [
            TokenizedText(
                tuple(encoding.ids),
                exceeds_window=bool(encoding.overflowing),
                has_unknown=self._unknown in encoding.ids
                or encoding.ids.count(self._separator) != 2,
            )
            for encoding in self._tokenizer.encode_batch(list(pairs))
        ]
