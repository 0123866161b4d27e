"""Both caches, each on both stores."""

from collections.abc import Callable
from typing import TypeAlias

import pytest

from nearhit.integrations.langchain import NearhitCache, NearhitSemanticCache

AnyCache: TypeAlias = NearhitCache | NearhitSemanticCache


@pytest.fixture(params=[NearhitCache, NearhitSemanticCache], ids=["exact", "semantic"])
def kind(request: pytest.FixtureRequest) -> type[AnyCache]:
    """Each of the two caches."""
    return request.param


@pytest.fixture
def make_cache(kind: type[AnyCache], target: str, cache_id: str) -> Callable[..., AnyCache]:
    """Makes a cache of either kind, empty unless the test has filled it."""
    return lambda **options: kind(target, **{"cache": cache_id, **options})
