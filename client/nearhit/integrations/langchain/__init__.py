"""Caches for LangChain's models: `pip install "nearhit[langchain]"`.

from langchain_core.globals import set_llm_cache
from nearhit.integrations.langchain import NearhitSemanticCache

set_llm_cache(NearhitSemanticCache("localhost:50051", ttl=3600))
"""

from nearhit.integrations.langchain.exact import NearhitCache
from nearhit.integrations.langchain.semantic import NearhitSemanticCache

__all__ = ["NearhitCache", "NearhitSemanticCache"]
