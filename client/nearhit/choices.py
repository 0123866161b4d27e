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


class Verification(Enum):
    """What a cache does, beside its threshold, to keep wrong hits out."""

    OFF = "off"
    """Nothing: the similarity alone decides."""

    GUARD = "guard"
    """Rules refuse what differs in a number, a negation, a direction and the like, and the
    probability of being right is estimated from the texts."""

    FULL = "full"
    """Also, a model that reads both prompts judges what is left in doubt."""


class RefusalReason(Enum):
    """Why an entry near a prompt was not the answer."""

    BELOW_THRESHOLD = "below_threshold"
    """It is less similar than the threshold, or the cache's `max_false_hit_rate`, asks for."""

    GUARD = "guard"
    """The prompts differ in what decides: numbers, a negation, a direction, a name in code."""

    LOW_CONFIDENCE = "low_confidence"
    """It was verified, and is too likely to be wrong."""

    NOT_VERIFIED = "not_verified"
    """It could not be verified in time, or at all just now."""

    NOT_VERIFIABLE = "not_verifiable"
    """The verifier cannot judge these prompts, and they are not similar enough to do without."""

    SHADOW = "shadow"
    """Nothing was wrong with it: the cache is in shadow mode."""

    OTHER = "other"
    """A reason that this version of the client does not know."""


class Verdict(Enum):
    """What came of a hit."""

    RIGHT = "right"
    """The response answered the prompt."""

    WRONG = "wrong"
    """It did not."""


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
    """Searching, listing entries, reports and statistics, and reading embeddings."""

    WRITE = "write"
    """Storing, changing and removing entries and embeddings, and reporting hits."""

    ADMIN = "admin"
    """Administration of caches and of API keys."""
