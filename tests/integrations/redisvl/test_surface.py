"""What users of RedisVL see: the same names, every method in two forms, a light import."""

import inspect
import subprocess
import sys
from enum import Enum

import pytest
from redisvl.extensions.cache.embeddings import EmbeddingsCache as TheirEmbeddingsCache
from redisvl.extensions.cache.llm import SemanticCache as TheirSemanticCache
from redisvl.utils.vectorize import CustomVectorizer

from nearhit.integrations.redisvl import EmbeddingsCache, SemanticCache
from nearhit.integrations.redisvl.fields import attributes

ONLY_LOCAL = {"set_ttl", "set_threshold"}

IMPORT_AND_REPORT = """
import sys
import nearhit.integrations.redisvl
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def methods(kind):
    return {name: m for name, m in inspect.getmembers(kind, inspect.isfunction) if name[0] != "_"}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(SemanticCache, TheirSemanticCache), (EmbeddingsCache, TheirEmbeddingsCache)],
)
def test_every_method_of_redisvls_is_there_with_its_arguments(ours, theirs):
    for name, method in methods(theirs).items():
        arguments = list(inspect.signature(method).parameters)
        own = list(inspect.signature(getattr(ours, name)).parameters)
        if "kwargs" not in arguments:
            assert own[: len(arguments)] == arguments, name


@pytest.mark.parametrize("kind", [SemanticCache, EmbeddingsCache])
def test_every_method_has_a_twin_with_the_same_arguments(kind):
    for name, method in methods(kind).items():
        if not inspect.iscoroutinefunction(method) and name not in ONLY_LOCAL:
            twin = getattr(kind, f"a{name}")
            assert inspect.iscoroutinefunction(twin)
            assert inspect.signature(twin) == inspect.signature(method), name


def test_import_brings_neither_redisvl_nor_numpy():
    output = subprocess.run(
        [sys.executable, "-c", IMPORT_AND_REPORT], capture_output=True, text=True, check=True
    ).stdout

    assert not {"redisvl", "redis", "numpy", "pydantic"} & set(output.split())


async def test_embeddings_cache_serves_a_vectorizer_of_redisvl(embeddings):
    asked = []

    def embed(text: str) -> list[float]:
        asked.append(text)
        return [0.5, 1.0]

    vectorizer = CustomVectorizer(embed=embed)
    # Its constructor takes none but RedisVL's own class.
    vectorizer.cache = embeddings
    asked.clear()

    assert await vectorizer.aembed("hello") == await vectorizer.aembed("hello") == [0.5, 1.0]
    assert asked == ["hello"]


def test_string_enums_are_stored_by_their_value():
    class Label(str, Enum):  # noqa: UP042 - whose str() is not its value
        RED = "red"

    assert attributes({"label": Label.RED}) == {"label": "red"}
