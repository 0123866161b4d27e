"""RedisVL's caches on nearhit: change the import, and say where the server is.

    from nearhit.integrations.redisvl import SemanticCache

    cache = SemanticCache("llmcache", distance_threshold=0.1, target="localhost:50051")
    if hits := cache.check("how do I reset my password?"):
        answer = hits[0]["response"]

RedisVL itself is not needed; its vectorizers and filter expressions are understood.
"""

from nearhit.integrations.redisvl.embeddings_cache import EmbeddingsCache
from nearhit.integrations.redisvl.semantic_cache import SemanticCache

__all__ = ["EmbeddingsCache", "SemanticCache"]
