"""Verbs whose particle turns them round: log in, log out, turn the light on, turn it off."""

from collections.abc import Sequence
from typing import Final

from nearhit_server.core.verification.guard.word_sets import word_set

PARTICLES: Final = word_set("in out on off up down")
_VERBS: Final = {
    form: verb
    for verb, inflected in (
        *(("turn", "turned turning turns"), ("switch", "switched switching"), ("power", "powered")),
        *(
            ("log", "logged logging logs"),
            ("sign", "signed signing"),
            ("check", "checked checking"),
        ),
        *(("clock", "clocked clocking"), ("opt", "opted opting"), ("zoom", "zoomed zooming")),
        *(("move", "moved moving"), ("scroll", "scrolled scrolling"), ("go", "goes going went")),
        *(("thumb", "thumbs"), ("speed", "speeding"), ("scale", "scaled scaling"), ("put", "")),
        *(("page", ""), ("volume", ""), ("top", ""), ("roll", "rolling"), ("count", "counting")),
        *(
            ("walk", "walking"),
            ("ramp", ""),
            ("cycle", "cycled"),
            ("fade", "fading"),
            ("swipe", ""),
        ),
    )
    for form in (verb, *inflected.split())
}
REACH: Final = 5
"""Words behind the verb among which its particle is: turn the kitchen lights off."""


def phrases(tokens: Sequence[str]) -> set[str]:
    """The verbs with their particle, as `log_in`; `_off` for one that ends the prompt."""
    found = {
        f"{verb}_{particle}"
        for position, token in enumerate(tokens)
        if (verb := _VERBS.get(token)) is not None
        and (particle := _first_particle(tokens[position + 1 : position + 1 + REACH])) is not None
    }
    if tokens[-1] in PARTICLES:
        found.add(f"_{tokens[-1]}")
    return found


def _first_particle(tokens: Sequence[str]) -> str | None:
    return next((token for token in tokens if token in PARTICLES), None)
