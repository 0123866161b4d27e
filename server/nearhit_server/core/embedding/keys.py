"""What names a text in the embedding table."""

import hashlib
import json
import re
from typing import Final

EMBEDDING_KEY: Final = re.compile(r"[0-9a-f]{64}")


def embedding_key(model: str, text: str) -> str:
    """The key of a row: 64 hexadecimal digits, the digest of model name and text.

    The contract spells out how, so that clients can compute it: SHA-256 of the JSON array
    [model, text], UTF-8, no spaces, nothing escaped that JSON need not escape.
    """
    array = json.dumps([model, text], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(array.encode()).hexdigest()
