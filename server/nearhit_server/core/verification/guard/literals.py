"""Chunks of text that mean what they say only when spelt exactly so."""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from nearhit_server.core.verification.guard.numerals import NUMBER_WORDS
from nearhit_server.core.verification.guard.units import UNITS
from nearhit_server.core.verification.guard.vocabulary import FUNCTION_WORDS
from nearhit_server.core.verification.guard.word_sets import word_set

LONGEST_LITERAL: Final = 100
"""Characters, but of a URL; what is longer is a sentence of a language without blanks, or noise."""
LONGEST_CODE: Final = 40
"""Characters of an error code, a part number or a digest."""

LONGEST_ACRONYM: Final = 16
"""Letters; names of errors such as ECONNREFUSED have more than an agency's."""
_NO_ACRONYMS: Final = NUMBER_WORDS | word_set("am pm ok usa us uk vs asap eg ie etc no yes always")
_METHODS: Final = word_set("get")
"""HTTP methods that are function words as well."""


class Literal(NamedTuple):
    """An identifier, file name, address, code or flag, spelt the same however it was typed.

    `telling`: a prompt without it asks something else. An error code or a file may not be left
    out; a brand with a capital in the middle, a hash tag or a web site may.
    """

    spelling: str
    telling: bool


class _Shape(NamedTuple):
    marks: str
    pattern: re.Pattern[str]
    telling: bool = True
    spell: Callable[[str], str] = str.lower


def _flag(chunk: str) -> str:
    # `-v` and `-V` are two flags, `--Force` and `--force` one that was typed twice.
    return chunk.lower() if chunk.startswith("--") else chunk


def _keys(chunk: str) -> str:
    return chunk.lower().replace("-", "+")


def _address(chunk: str) -> str:
    bare = re.sub(r"^[a-z][a-z0-9+.-]*://", "", chunk.lower())
    return bare.removeprefix("www.").rstrip("/")


def _shape(
    marks: str,
    pattern: str,
    *,
    telling: bool = True,
    spell: Callable[[str], str] = str.lower,
) -> _Shape:
    return _Shape(marks, re.compile(pattern, re.IGNORECASE), telling, spell)


_EXTENSIONS: Final = (
    "bash|bashrc|bat|bin|c|cc|cfg|conf|cpp|cs|css|csv|dart|dll|dmg|docx?|env|exe|gif|go|gz|h|"
    "heic|hh|hpp|"
    "html?|ics|ini|ipynb|iso|jar|java|jpe?g|js|json|jsonl|jsx|key|kt|lock|log|lua|mdx?|mkv|mov|"
    "mp[34]|odt|pdf|pem|php|pkl|png|pptx?|ps1|psd|py|rar|rb|rs|rtf|sh|so|sql|sqlite|svg|swift|"
    "tar|tf|toml|tsv|tsx?|txt|vue|wav|webp|xlsx?|xml|ya?ml|zip"
)
_ZONES: Final = "com|org|net|io|dev|edu|gov|co|ai|app|info|me|tv|uk|de|fr|in|us|ca"

_MODIFIERS: Final = "ctrl|control|cmd|command|alt|option|shift|fn|win"

_URL: Final = re.compile(r"[a-z][a-z0-9+.-]{0,20}://\S+", re.IGNORECASE)
_SHAPES: Final = (
    _shape("@", r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    _shape("@", r"@\w[\w./-]+", telling=False),
    _shape("#", r"#[^\W\d][\w-]+", telling=False),
    _shape("w", r"www\.\S+", telling=False, spell=_address),
    _shape("+-", rf"(?:{_MODIFIERS})(?:[+-](?:{_MODIFIERS}|f\d+|\w))+", telling=False, spell=_keys),
    _shape("-", r"--[a-z][\w-]*(?:=\S*)?", spell=_flag),
    _shape("-", r"-[a-z]{1,4}", telling=False, spell=_flag),
    _shape("$%", r"\$\{?[a-z]\w+\}?|%[a-z]\w+%", spell=str),
    _shape("/\\", r"(?:~|\.{1,2}|[a-z]:)?[/\\][\w.$-]+(?:[/\\][\w.$*-]*)*"),
    _shape("\\", r"\\[a-z]\S*", telling=False, spell=str),
    _shape("/", r"(?=[^_-]*[_-])[\w-]+(?:/[\w-]+)+", telling=False),
    _shape(".", r"\d+(?:\.\d+){3}(?:[:/]\d+)?"),
    _shape(".", r"[a-z]+\.js", telling=False),
    _shape(".", rf"[\w./\\-]*\w\.(?:{_EXTENSIONS})"),
    _shape(".", rf"(?:[\w-]+\.)+(?:{_ZONES})/\S+", spell=_address),
    _shape(".", rf"(?:[\w-]+\.)+(?:{_ZONES})", telling=False, spell=_address),
    _shape("-", r"(?-i:[A-Z][A-Za-z]*(?:-[A-Z][A-Za-z]+){1,5})", telling=False),
    _shape(".", r"\.[a-z]\w+", telling=False),
    _shape(".", r"_*[a-z]\w+(?:\.[a-z_]\w+)+(?:\(\))?", telling=False),
    _shape("_", r"\w*[^\W\d_]\w*(?:[.:-]+\w+)*(?:\(\))?"),
    _shape(":>(", r"\w+(?:(?:::|->)\w+)*\(\)|\w+(?:(?:::|->)\w+)+"),
    _shape("x", r"0x[0-9a-f]+"),
    _shape("+#-*", r"(?!x-|e-)[a-z]{1,2}(?:\+\+|[#+*-])", telling=False),
)
"""Tried in this order on chunks with one of the marks."""

_NO_CODE: Final = re.compile(
    r"(?:rs|inr|usd|eur|gbp|ww|top|in|pre|post|mid|since|early|late|until|under|over|covid|"
    r"grade|class|level|part|step|day|week|year|version|ver|v|season|chapter|page|php|python|"
    r"windows|ios|android|iphone)-?\d+[a-z]?",
    re.IGNORECASE,
)
_CODES: Final = re.compile(
    r"[a-z]{1,12}[-_]?\d{3,}[a-z]?|[a-z]{2,12}(?:-[a-z]{0,4}\d+)+"
    r"|(?=.{6})(?=(?:[a-z-]*\d){3})[a-z\d-]*(?:[a-z]-?\d+-?[a-z]|\d-?[a-z]+-?\d)[a-z\d-]*",
    re.IGNORECASE,
)
"""Error codes, tickets, part numbers, digests: letters and digits that are no quantity."""

_EMOTICON: Final = re.compile(r"[:;=]-?[()\[\]/\\|*DPpOo3]")
_OPERATOR: Final = re.compile(r"[=<>!&|+*/^~%-]{2,3}|\(\)|\[\]|\{\}")

_MEASURE: Final = re.compile(r"(?:\d{1,6}[a-z]{0,2}[-x/]?){1,3}[a-z]*", re.IGNORECASE)
_CAMEL: Final = re.compile(r"[^\W\d_]*[a-z][A-Z][^\W\d_]*")


def camel_case(word: str) -> bool:
    """Whether a word of letters has a capital after a small one."""
    return _CAMEL.fullmatch(word) is not None


def is_acronym(word: str) -> bool:
    """Whether a word of letters is a name in capitals: no unit, no word that is stressed."""
    return (
        word.isupper()
        and len(word) <= LONGEST_ACRONYM
        and ((lower := word.lower()) not in FUNCTION_WORDS or lower in _METHODS)
        and lower not in UNITS
        and lower not in _NO_ACRONYMS
    )


def read_sign(chunk: str) -> Literal | None:
    """The emoticon or operator that a chunk without letters or digits is, such as `:)` or `==`."""
    sign = chunk.strip("`'\"").rstrip("?.,")
    if _EMOTICON.fullmatch(sign):
        return Literal(sign.replace("-", ""), telling=False)
    if _OPERATOR.fullmatch(sign) and sign.strip("-"):
        return Literal(sign, telling=False)
    return None


def read_literal(chunk: str) -> Literal | None:
    """The literal that a chunk is, None if it is made of words and numbers.

    The punctuation of the sentence has been taken off the chunk.
    """
    if "://" in chunk and _URL.fullmatch(chunk):
        return Literal(_address(chunk), telling=True)
    if len(chunk) > LONGEST_LITERAL:
        return None
    for shape in _SHAPES:
        if any(mark in chunk for mark in shape.marks) and shape.pattern.fullmatch(chunk):
            return Literal(shape.spell(chunk), shape.telling)
    code = chunk.lstrip("#")
    if _is_code(code):
        return Literal(code.lower(), telling=True)
    return None


def _is_code(chunk: str) -> bool:
    return (
        len(chunk) <= LONGEST_CODE
        and _CODES.fullmatch(chunk) is not None
        and not chunk.isdigit()
        and _MEASURE.fullmatch(chunk) is None
        and _NO_CODE.fullmatch(chunk) is None
    )
