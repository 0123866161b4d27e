"""The effective prompt of a conversation: what was said before, and what is asked now."""

from collections.abc import Sequence


def effective_prompts(turns: Sequence[str], prompt: str, *, max_characters: int) -> list[str]:
    """The prompts that a conversation can be searched for by, from the most context to none.

    One turn a line, the oldest first; blank turns say nothing and are left out. Those longer
    than a prompt may be are left out too, so that each can be stored.
    """
    said = [turn for turn in turns if turn.strip()]
    candidates = ["\n".join([*said[start:], prompt]) for start in range(len(said) + 1)]
    return [text for text in candidates[:-1] if len(text) <= max_characters] + [prompt]
