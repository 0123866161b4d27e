"""Texts to token ids, without the library that the model was trained with."""

from collections.abc import Sequence

from tokenizers import Tokenizer

from nearhit_server.core.ports import TokenizedText
from nearhit_server.encoders.local.facts import ModelFacts


class TextTokenizer:
    """A model's tokenizer. Lets go of the interpreter while it works."""

    def __init__(self, facts: ModelFacts) -> None:
        self._tokenizer = Tokenizer.from_str(facts.tokenizer_json)
        self._tokenizer.enable_truncation(max_length=facts.window)
        self._tokenizer.no_padding()
        self._prefix = facts.prefix
        self._unknown = facts.unknown_id

    def tokenize(self, texts: Sequence[str]) -> list[TokenizedText]:
        """The texts as token ids, in order, each with the model's own prefix if it has one."""
        encodings = self._tokenizer.encode_batch([self._prefix + text for text in texts])
        return [
            TokenizedText(
                tuple(encoding.ids),
                exceeds_window=bool(encoding.overflowing),
                has_unknown=self._unknown in encoding.ids,
            )
            for encoding in encodings
        ]
