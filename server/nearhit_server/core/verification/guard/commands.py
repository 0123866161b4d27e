"""The same tool told to do something else: git add, git commit, -X POST, -X GET."""

import re
from collections.abc import Sequence
from typing import Final

from nearhit_server.core.verification.guard.conflict import Conflict, ConflictKind, against
from nearhit_server.core.verification.guard.names import differing_names
from nearhit_server.core.verification.guard.prompt import Prompt
from nearhit_server.core.verification.guard.word_sets import word_set

_TOOLS: Final = word_set(
    "git docker kubectl podman npm npx yarn pnpm pip pip3 pipx conda poetry uv apt brew dnf yum "
    "pacman snap cargo rustup go helm terraform ansible aws gcloud az heroku vercel firebase "
    "systemctl svn hg gh cmake dotnet gem bundle composer flutter rails artisan tmux"
)
_SUBCOMMANDS: Final = {
    verb: same
    for line in (
        "add|commit|push|pull|merge|rebase|reset|revert|stash|fetch|clone|checkout|switch|restore",
        "branch|tag|log|diff|status|init|config|blame|bisect|cherry|squash|amend|submodule|worktree",
        "run|exec|build|start|stop|restart|kill|pause|inspect|compose|tag|login|logout|save|load",
        "apply|describe|edit|patch|scale|rollout|drain|cordon|expose|rename|copy cp|move mv",
        "install|uninstall remove delete rm prune|update upgrade|search find|freeze|publish|audit",
        "list ls show get ps|create new|plan|destroy|enable|disable|reload|test|lint|fmt format",
    )
    for synonyms in line.split("|")
    for verb in synonyms.split()
    for same in (synonyms,)
}
"""Verbs that follow a tool's name, each with those that do the same."""
_TAKING_NAMES: Final = word_set("install add uninstall remove update upgrade run exec")
_OPTION: Final = re.compile(r"(?:^|(?<=\s))(-{1,2}[a-zA-Z][\w-]*)[= ]([a-zA-Z][\w-]*)")


def find_command_conflict(asked: Prompt, stored: Prompt) -> Conflict | None:
    """The same tool told to do something else, or to do it with something else."""
    if _TOOLS.isdisjoint(asked.bag) or _TOOLS.isdisjoint(stored.bag):
        return None
    for tool in sorted(asked.bag & stored.bag & _TOOLS):
        if (conflict := _subcommand_conflict(asked, stored, tool)) is not None:
            return conflict
    return None


def _subcommand_conflict(asked: Prompt, stored: Prompt, tool: str) -> Conflict | None:
    mine, theirs = _behind(asked.tokens, tool), _behind(stored.tokens, tool)
    did, does = _first(mine), _first(theirs)
    if did in _SUBCOMMANDS and does in _SUBCOMMANDS:
        if _SUBCOMMANDS[did] != _SUBCOMMANDS[does] and (
            did not in stored.bag or does not in asked.bag
        ):
            return against(ConflictKind.LITERALS, f"{tool} {did}", f"{tool} {does}")
        if did == does and did in _TAKING_NAMES:
            return differing_names(asked, stored, mine[1:2], theirs[1:2])
    return None


def _first(tokens: Sequence[str]) -> str:
    return tokens[0] if tokens else ""


def _behind(tokens: tuple[str, ...], word: str) -> tuple[str, ...]:
    position = tokens.index(word)
    return tokens[position + 1 : position + 3]


def find_option_conflict(asked: Prompt, stored: Prompt) -> Conflict | None:
    """Other arguments of the same option: -X POST against -X GET."""
    if " -" not in asked.text or " -" not in stored.text:
        return None
    mine, theirs = dict(_OPTION.findall(asked.text)), dict(_OPTION.findall(stored.text))
    for option in sorted(mine.keys() & theirs.keys()):
        one, other = mine[option], theirs[option]
        # A value in capitals is one, whatever word it is.
        if one.isupper() and other.isupper() and one != other:
            return against(ConflictKind.LITERALS, f"{option} {one}", f"{option} {other}")
        conflict = differing_names(asked, stored, [one.lower()], [other.lower()])
        if conflict is not None:
            return conflict
    return None
