"""How large things may be. Those that design fixes are constants, the rest are settings."""

import math
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

FALSE_HIT_RATES: Final = (0.001, 0.5)
"""The least and the greatest share of wrong hits that an owner may allow."""

MAX_ATTRIBUTES: Final = 16
MAX_ATTRIBUTE_VALUE_CHARACTERS: Final = 500
MAX_BATCH_ITEMS: Final = 1_000
MAX_CONTEXT_TURNS: Final = 32
MAX_DIMENSION: Final = 4_096
MAX_ENTRY_IDS: Final = 1_000
MAX_PAGE_SIZE: Final = 1_000
MAX_RESULTS: Final = 100
MIN_TTL: Final = timedelta(milliseconds=1)
MAX_TTL: Final = timedelta(days=3_653)
"""Ten years."""

ATTRIBUTE_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
CACHE_ID: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
ENTRY_ID: Final = re.compile(r"[0-9a-f]{32}")
NAMESPACE: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
"""Decimal notation in ASCII: float() also takes "nan", "1_000" and digits of other scripts."""


def is_number(text: str) -> bool:
    """Whether `text` is a decimal number that a double can hold."""
    return NUMBER.fullmatch(text) is not None and math.isfinite(float(text))


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The sizes that a setting can change."""

    max_prompt_characters: int = 8_192
    max_response_bytes: int = 1 << 20
    max_metadata_bytes: int = 64 << 10
