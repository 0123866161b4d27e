"""Prompts whose lookup was not answered, so that the update that follows does not wait in vain.

A server that takes connections and says nothing costs a lookup the whole timeout. The model is
asked then, and its answer would be stored only for the same wait once more. It may take the model
seconds or minutes, so what is remembered is the prompt, not a time; and the next lookup asks the
server again, so that it is used as soon as it is back.
"""

from threading import Lock
from typing import Final

_MAX_PROMPTS: Final = 1_024
"""Where the model fails too, no update follows. What has waited the longest is forgotten."""


class Unanswered:
    """Such prompts, by a digest. Threads and event loops may share it."""

    def __init__(self) -> None:
        # The values say nothing; a dict keeps the order of its keys.
        self._digests: dict[str, None] = {}
        self._lock = Lock()

    def add(self, digest: str) -> None:
        """Remembers a prompt whose lookup was not answered."""
        with self._lock:
            self._digests[digest] = None
            if len(self._digests) > _MAX_PROMPTS:
                del self._digests[next(iter(self._digests))]

    def take(self, digest: str) -> bool:
        """Whether the prompt's lookup was not answered, which is forgotten with this."""
        with self._lock:
            known = digest in self._digests
            self._digests.pop(digest, None)
            return known
