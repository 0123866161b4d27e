"""Questions as they are typed into a search box."""

import random
from typing import Final

from training.pairs import Pair
from training.words import joined, words_of


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_OPENERS: Final = tuple(
    sorted(
        (
            *("how do i", "how can i", "how to", "how do you", "how can we", "how do we"),
            *("how can you", "how does one", "what is the best way to", "what's the best way to"),
            *("what is", "what's", "what are", "what are some", "what is the", "what are the"),
            *("where can i find", "where do i find", "where can i get", "where can i"),
            *("can you", "is it possible to", "tell me about", "which is the", "what does"),
            *("is there a", "is there any", "are there any", "how should i", "how would i"),
        ),
        key=len,
        reverse=True,
    )
)
"""Without these, the longest first, the rest still says what is wanted."""

_DROPPED: Final = _words(
    "a an the do does did is are was were am be been i my me we our us you your can could "
    "should would will some there any that exactly really actually it its this these those "
    "have has had please one so very much just"
)
"""Not among them: words that decide, such as "not", "from", "to", "without", "before"."""

_LONGEST: Final = 9


def shortened(prompt: str, choice: random.Random) -> str | None:
    """The prompt in few words, None if it takes many. Mostly the same for the same prompt."""
    words = words_of(prompt)
    text = joined([word for word in words if word[0].isalnum()])
    opener = next((o for o in _OPENERS if text.startswith(f"{o} ")), "")
    # A "how to" now and then stays, as people type it.
    if opener.startswith("how") and choice.random() < 0.35:
        rest = f"how to {text[len(opener) + 1 :]}"
    else:
        rest = text[len(opener) :].strip()
    keep = choice.random() < 0.25
    left = [word for word in rest.split() if keep or word not in _DROPPED]
    if not 2 <= len(left) <= _LONGEST:
        return None
    return " ".join(left)


def shortened_pair(pair: Pair, choice: random.Random) -> Pair | None:
    """Both prompts in few words, None if one takes many or they come to the same."""
    first, second = shortened(pair.first, choice), shortened(pair.second, choice)
    if not first or not second or first == second:
        return None
    return Pair(first, second, pair.equivalent)
