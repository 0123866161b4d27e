"""The key of a row of the embedding cache, computed where the text is."""

import hashlib
import json


def embedding_key(model: str, text: str) -> str:
    """The key by which the embedding cache knows a text of a model, 64 hexadecimal digits.

    It is the SHA-256 of the JSON array [model, text] in UTF-8, without spaces and with nothing
    escaped that JSON need not escape.
    """
    array = json.dumps([model, text], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(array.encode()).hexdigest()
