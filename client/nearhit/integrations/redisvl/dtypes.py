"""RedisVL's dtypes. The server keeps float32 whatever they say, but a cache remembers what it
was made for, so that a program which says otherwise is refused, as RedisVL refuses it.

Its memory is one more declared tag, `redisvl-dtype-float64`, which no entry has, and which is
no field for users of the cache, but one of the 16 that it can declare. float32, the default,
needs none.
"""

import warnings
from collections.abc import Mapping
from typing import Final

from nearhit.choices import AttributeType
from nearhit.integrations.redisvl.vectorizers import Vectorizer

RESERVED_PREFIX: Final = "redisvl-dtype-"
"""How no field of a user's is called."""

_DEFAULT: Final = "float32"
_DTYPES: Final = frozenset({"bfloat16", "float16", "float32", "float64", "int8", "uint8"})


def checked_dtype(dtype: str | None, vectorizer: Vectorizer | None) -> str:
    """The dtype that counts: the argument, the vectorizer's, or float32.

    Raises ValueError for an argument that is no dtype, or not the vectorizer's.
    """
    of_vectorizer = _DEFAULT
    if vectorizer is not None and vectorizer.dtype in _DTYPES:
        of_vectorizer = vectorizer.dtype
    if dtype is None:
        return of_vectorizer
    warnings.warn("dtype is of no use: the server keeps float32", DeprecationWarning, stacklevel=3)
    if dtype not in _DTYPES:
        raise ValueError(f"dtype must be one of {', '.join(sorted(_DTYPES))}, not {dtype!r}")
    if vectorizer is not None and of_vectorizer != dtype:
        raise ValueError(f"dtype is {dtype}, the vectorizer's {of_vectorizer}")
    return dtype


def remembering(attributes: Mapping[str, AttributeType], dtype: str) -> dict[str, AttributeType]:
    """The attributes to declare for a cache with these fields and this dtype."""
    memory = {} if dtype == _DEFAULT else {RESERVED_PREFIX + dtype: AttributeType.TAG}
    return {**attributes, **memory}


def remembered(attributes: Mapping[str, AttributeType]) -> str:
    """The dtype that a cache was made for, by its declared attributes."""
    marks = (name for name in attributes if name.startswith(RESERVED_PREFIX))
    return next(marks, RESERVED_PREFIX + _DEFAULT).removeprefix(RESERVED_PREFIX)


def fields_of(attributes: Mapping[str, AttributeType]) -> dict[str, AttributeType]:
    """A cache's declared attributes but for the memory of its dtype."""
    return {name: kind for name, kind in attributes.items() if not name.startswith(RESERVED_PREFIX)}
