"""The vectors of texts."""

from collections.abc import Iterable
from functools import partial

from nearhit.calls import Batches, Timeout, long_call
from nearhit.messages import outcomes, requests, values
from nearhit.operations.scope import Scope
from nearhit.results import Embedding


class EmbeddingOperations(Scope):
    """What embeds."""

    def embed(
        self,
        texts: Iterable[str],
        *,
        model: str = "",
        namespace: str = "",
        compute_if_missing: bool = True,
        timeout: Timeout = None,
    ) -> Batches[Embedding | None]:
        """The vectors of some texts, in order, None for those that there are not.

        Args:
            texts: the texts, which travel at most 1,000 to a call.
            model: the model's name. "": the server's default, in namespace "" only.
            namespace: where to look. "": among what the server computed itself.
            compute_if_missing: compute what is missing, with the server's model.
            timeout: for each call, seconds or a timedelta. None: 30 s.

        Raises NearhitError: InvalidArgumentError; FailedPreconditionError if something has
        to be computed and the server has no such model; and what every call can raise.
        """
        checked = values.texts("texts", texts)
        for batch in requests.batches(checked, size_bytes=_utf8_bytes_at_most):
            request = requests.embedding_get(
                batch, model=model, namespace=namespace, compute_if_missing=compute_if_missing
            )
            reader = partial(outcomes.embedded, count=len(batch))
            yield long_call(lambda stubs: stubs.embeddings.EmbeddingGet, request, reader, timeout)


def _utf8_bytes_at_most(text: str) -> int:
    return 4 * len(text)
