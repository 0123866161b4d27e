"""What has to be known of a model beside its weights."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter


@dataclass(frozen=True, kw_only=True)
class ModelFacts:
    """How texts become a model's input."""

    dimension: int
    """Components of a vector."""

    window: int
    """Most tokens that the model reads of a text, special ones among them."""

    prefix: str
    """What the model wants before each text."""

    tokenizer_json: str
    """The Rust tokenizer, as it writes itself."""

    unknown_id: int | None
    """The token for what the tokenizer does not know; None where it spells that out."""

    padding_id: int
    pads_left: bool

    def save(self, path: Path) -> None:
        """Write them to a file."""
        path.write_bytes(_JSON.dump_json(self))

    @staticmethod
    def load(path: Path) -> "ModelFacts":
        """Read what `save` wrote. Raises OSError, ValueError."""
        return _JSON.validate_json(path.read_bytes())


_JSON: Final = TypeAdapter(ModelFacts)
