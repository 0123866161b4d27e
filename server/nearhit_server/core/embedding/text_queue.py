"""The texts of all callers, on their way to the model."""

from collections.abc import Sequence

from nearhit_server.core.embedding.batch_forming import form_batch
from nearhit_server.core.embedding.pending_text import PendingText
from nearhit_server.core.observing import Observer
from nearhit_server.core.ports import TokenizedText


class TextQueue:
    """Texts that wait for a batch or are in one; the same text is there once."""

    def __init__(self, *, model: str, pads: bool, observer: Observer) -> None:
        """`model` is the name that the observer is told; `pads` says what its batches cost."""
        self._model = model
        self._pads = pads
        self._observer = observer
        self._waiting: list[PendingText] = []
        self.waiting_tokens = 0
        self._in_flight: dict[tuple[int, ...], PendingText] = {}

    def __len__(self) -> int:
        """How many texts wait for a batch."""
        return len(self._waiting)

    def new_among(self, texts: Sequence[TokenizedText]) -> int:
        """How many of the texts are not on their way already."""
        return len({text.token_ids for text in texts} - self._in_flight.keys())

    def enter(self, texts: Sequence[TokenizedText]) -> list[PendingText]:
        """The texts on their way, each together with those who asked for the same before."""
        entered = [self._enter(text) for text in texts]
        self._observer.texts_waiting(self._model, len(self._waiting))
        return entered

    def _enter(self, text: TokenizedText) -> PendingText:
        pending = self._in_flight.get(text.token_ids)
        if pending is None:
            pending = self._in_flight[text.token_ids] = PendingText(text)
            self._waiting.append(pending)
            self.waiting_tokens += len(text.token_ids)
        return pending

    def take_batch(self, *, max_tokens: int) -> list[PendingText]:
        """The texts to encode next, which then wait no more; none if none waits."""
        self.drop_unwanted()
        lengths = [len(pending.text.token_ids) for pending in self._waiting]
        chosen = form_batch(lengths, max_tokens=max_tokens, pads=self._pads)
        batch = [self._waiting[index] for index in chosen]
        taken = set(chosen)
        self._set_waiting([p for index, p in enumerate(self._waiting) if index not in taken])
        return batch

    def drop_unwanted(self) -> None:
        """Forget the texts for which nobody waits any more."""
        self._set_waiting(self.wanted(self._waiting))

    def wanted(self, texts: Sequence[PendingText]) -> list[PendingText]:
        """Those of the texts for which anyone still waits; the others are forgotten."""
        wanted = []
        for pending in texts:
            if pending.wanted():
                wanted.append(pending)
            else:
                self.leave(pending)
        return wanted

    def leave(self, pending: PendingText) -> None:
        """Whoever asks for this text from now on starts anew."""
        # By identity: the same text may have come in again since.
        if self._in_flight.get(pending.text.token_ids) is pending:
            del self._in_flight[pending.text.token_ids]

    def clear(self) -> list[PendingText]:
        """Empty the queue; returns what was in it."""
        left = list(self._in_flight.values())
        self._in_flight.clear()
        self._set_waiting([])
        return left

    def _set_waiting(self, waiting: list[PendingText]) -> None:
        self._waiting = waiting
        self.waiting_tokens = sum(len(pending.text.token_ids) for pending in waiting)
        self._observer.texts_waiting(self._model, len(waiting))
