"""The options of `nearhit caches create` and `update`: a cache's settings."""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Annotated, Any, Final, TypeAlias, TypeVar

import typer

from nearhit import LongPrompts, Strategy, Verification
from nearhit_server.cli.arguments import parse_declarations, parse_duration

ValueT = TypeVar("ValueT")

_NONE: Final = "none"


class Reset(Enum):
    """Stands for the word `none`, which takes a setting back to its default."""

    RESET = _NONE


def _decimal(word: str) -> float:
    return _number(float, word, "is no number")


def _whole(word: str) -> int:
    return _number(int, word, "is no whole number")


def _number(kind: Callable[[str], ValueT], word: str, complaint: str) -> ValueT:
    try:
        return kind(word)
    except ValueError:
        raise typer.BadParameter(f"{word!r} {complaint}") from None


def _or_none(parse: Callable[[str], ValueT]) -> Callable[[str], ValueT | Reset]:
    def parse_or_reset(word: str) -> ValueT | Reset:
        return Reset.RESET if word == _NONE else parse(word)

    return parse_or_reset


def _option(name: str, parse: Callable[[str], Any], metavar: str, description: str) -> Any:
    return typer.Option(
        name,
        parser=_or_none(parse),
        metavar=metavar,
        help=description,
    )


# The type is what the parser makes, a Reset included, which typer has no word for.
ModelOption: TypeAlias = Annotated[
    Any, _option("--model", str, "NAME", "One of the server's models; none: its default.")
]
DimensionOption: TypeAlias = Annotated[
    Any,
    _option("--dimension", _whole, "N", "Components of a vector, for callers who bring vectors."),
]
ThresholdOption: TypeAlias = Annotated[
    Any,
    _option("--threshold", _decimal, "X", "Least similarity of a hit; none: the server's."),
]
DefaultTtlOption: TypeAlias = Annotated[
    Any,
    _option(
        "--default-ttl",
        parse_duration,
        "DURATION",
        "How long entries live that say nothing: 90s, 15m, 2h, 7d; none: for ever.",
    ),
]
MaxEntriesOption: TypeAlias = Annotated[
    Any,
    _option("--max-entries", _whole, "N", "Past it the least recently used go; none: no limit."),
]
TtlRefreshOption: TypeAlias = Annotated[
    bool | None,
    typer.Option(
        "--ttl-refresh-on-hit/--no-ttl-refresh-on-hit",
        help="A hit starts its entries' time to live again.",
    ),
]
StrategiesOption: TypeAlias = Annotated[
    list[Strategy] | None,
    typer.Option(
        "--strategy",
        help="What searches try, in order; may be repeated.",
    ),
]
LongPromptsOption: TypeAlias = Annotated[
    LongPrompts | None,
    typer.Option(
        "--long-prompts",
        help="What to do with prompts longer than the model reads.",
    ),
]
DeclarationsOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--declare-attribute",
        metavar="NAME:TYPE",
        help="An attribute of type tag, numeric or text; may be repeated. All those given "
        "replace all there were; none: no declarations.",
    ),
]
RestrictOption: TypeAlias = Annotated[
    bool | None,
    typer.Option(
        "--restrict-attributes/--no-restrict-attributes",
        help="Refuse attributes that are not declared.",
    ),
]

VerificationOption: TypeAlias = Annotated[
    Verification | None,
    typer.Option(
        "--verification",
        help="What keeps wrong hits out beside the threshold: nothing, rules, or a model too.",
    ),
]
MaxFalseHitRateOption: TypeAlias = Annotated[
    Any,
    _option(
        "--max-false-hit-rate",
        _decimal,
        "R",
        "Share of served hits that may be wrong, 0.001 to 0.5; none: the threshold decides.",
    ),
]
ShadowOption: TypeAlias = Annotated[
    bool | None,
    typer.Option(
        "--shadow/--no-shadow",
        help="Searches miss and record what they would have answered.",
    ),
]


def settings_given(
    *, declarations: list[str] | None, strategies: list[Strategy] | None, **settings: Any
) -> dict[str, Any]:
    """The settings that were given, by their names in the client; a Reset becomes None."""
    given: Mapping[str, Any] = {
        **settings,
        "strategies": strategies or None,
        "attributes": _declared(declarations),
    }
    return {
        name: None if value is Reset.RESET else value
        for name, value in given.items()
        if value is not None
    }


def _declared(declarations: list[str] | None) -> Any:
    if not declarations:
        return None
    return Reset.RESET if declarations == [_NONE] else parse_declarations(declarations)
