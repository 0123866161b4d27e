"""One way to write what Unicode has several characters for: digits, quotes, dashes, apostrophes.

Normalisation form KC would do most of it, but takes quadratic time on runs of combining marks.
"""

import sys
import unicodedata
from typing import Final

_FULL_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}

_DIGITS: Final = {
    code: str(unicodedata.decimal(chr(code)))
    for code in range(0x80, sys.maxunicode + 1)
    if chr(code).isdecimal()
}

_CHARACTERS: Final = {
    **dict.fromkeys(map(ord, "\u2018\u2019\u201b\u2032\u00b4"), "'"),
    **dict.fromkeys(map(ord, "“”„‟«»″「」『』"), '"'),
    **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212"), "-"),
    # Zero width space and joiners, soft hyphen, byte order mark, the two emoji styles.
    **dict.fromkeys((0x200B, 0x200C, 0x200D, 0x00AD, 0xFEFF, 0xFE0E, 0xFE0F), None),
    **{ord(power): f"^{n}" for n, power in ((2, "²"), (3, "³"))},
    **{ord(fraction): f" {text}" for fraction, text in (("½", "1/2"), ("¼", "1/4"), ("¾", "3/4"))},
}

_TABLE: Final = _FULL_WIDTH | _DIGITS | _CHARACTERS


def plain(text: str) -> str:
    """The text with such characters replaced by their ASCII forms."""
    return text if text.isascii() else text.translate(_TABLE)
