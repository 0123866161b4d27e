"""The pairs of prompts that the guard is tested with, written for this repository."""

from pathlib import Path

FOLDER = Path(__file__).parent


def rows(name: str) -> list[tuple[str, ...]]:
    """The lines of a list, apart at the tabs."""
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return [tuple(line.split("\t")) for line in lines]


TRAPS = rows("traps.tsv")
"""Kind of conflict, prompt, prompt: no answer to the one is an answer to the other."""

PARAPHRASES = rows("paraphrases.tsv")
"""Prompt, prompt: one answer serves both, though numbers, negations or order look different."""
