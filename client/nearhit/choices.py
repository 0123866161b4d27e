"""The words that settings and results are said in. Each member may also be given by its value."""

from enum import Enum


class Strategy(Enum):
    """A way of finding an entry for a prompt."""

    EXACT = "exact"
    """The stored prompt is the asked one, whatever the case of its letters."""

    SEMANTIC = "semantic"
    """The two prompts' vectors have at least the threshold's cosine similarity."""


class ExactOnlyReason(Enum):
    """Why something was not, or cannot be, found by similarity."""

    PROMPT_EXCEEDS_WINDOW = "prompt_exceeds_window"
    """The prompt has more tokens than the cache's model reads."""

    PROMPT_HAS_UNKNOWN_TOKENS = "prompt_has_unknown_tokens"
    """The prompt has words or characters that the cache's model cannot tell apart."""

    CACHE_STRATEGIES = "cache_strategies"
    """The cache's strategies do not include SEMANTIC."""

    OTHER = "other"
    """A reason that this version of the client does not know."""


class LongPrompts(Enum):
    """What a cache does with a prompt that has more tokens than its model reads."""

    EXACT_ONLY = "exact_only"
    """It is found by exact search only: the beginning says too little of the rest."""

    TRUNCATE = "truncate"
    """It is compared by its beginning, so prompts that differ later answer for each other."""


class AttributeType(Enum):
    """What an attribute can be selected by, beside equality."""

    TAG = "tag"
    """Nothing more."""

    NUMERIC = "numeric"
    """Ranges; every value is a decimal number."""

    TEXT = "text"
    """Words."""


class KeyScope(Enum):
    """Something that an API key allows, in the caches and namespaces that it may touch."""

    READ = "read"
    """Searching, listing entries and reading embeddings."""

    WRITE = "write"
    """Storing, changing and removing entries and embeddings."""

    ADMIN = "admin"
    """Administration of caches and of API keys."""
