"""The vectors of texts: the server's own, and those that clients share in namespaces."""

from collections.abc import Iterable
from datetime import timedelta
from functools import partial

from nearhit.calls import Batches, Call, Counts, Timeout, long_call
from nearhit.inputs import NewEmbedding
from nearhit.messages import embeddings
from nearhit.operations.scope import Scope
from nearhit.results import Embedding


class EmbeddingOperations(Scope):
    """What embeds, and what is done to embeddings in a namespace."""

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
        place = embeddings.Place(namespace, model)
        for names in embeddings.Names.batches(texts, None):
            request = embeddings.get(place, names, compute_if_missing=compute_if_missing)
            reader = partial(embeddings.got, count=len(names))
            yield long_call(lambda stubs: stubs.embeddings.EmbeddingGet, request, reader, timeout)

    def get_embeddings(
        self,
        texts: Iterable[str] | None = None,
        *,
        keys: Iterable[str] | None = None,
        model: str = "",
        namespace: str = "",
        refresh_ttl: bool = False,
        ttl: timedelta | None = None,
        timeout: Timeout = None,
    ) -> Batches[Embedding | None]:
        """Embeddings by text or by key, in order, None for those that there are not.

        Args:
            texts: the texts, which travel at most 1,000 to a call.
            keys: in place of texts, keys as of `embedding_key`.
            model: the model's name. "": the server's default in namespace "", and with keys
                in any other, where a key says enough.
            namespace: where to look. "": among what the server computed itself.
            refresh_ttl: start the ttl of every row found again; not in namespace "".
            ttl: give every row found this ttl, in place of its own, from now on; needs a key
                that may write. In place of `refresh_ttl`.
            timeout: for each call, seconds or a timedelta. None: 30 s.

        Raises NearhitError: InvalidArgumentError; FailedPreconditionError if namespace ""
        is asked for a model that the server does not have; and what every call can raise.
        TypeError if not just one of texts and keys is given.
        """
        place = embeddings.Place(namespace, model)
        for names in embeddings.Names.batches(texts, keys):
            request = embeddings.get(place, names, refresh_ttl=refresh_ttl, ttl=ttl)
            reader = partial(embeddings.got, count=len(names))
            yield long_call(lambda stubs: stubs.embeddings.EmbeddingGet, request, reader, timeout)

    def set_embeddings(
        self,
        rows: Iterable[NewEmbedding],
        *,
        model: str,
        namespace: str,
        timeout: Timeout = None,
    ) -> Batches[str]:
        """Keeps embeddings in a namespace and returns their keys, in order.

        Each replaces what has its key, and nothing of the old row is left. They travel at
        most 1,000 to a call, one call after the other, and are read from `rows` as they are
        sent.

        Args:
            rows: the texts or keys with their vectors.
            model: the name of the model that computed the vectors, of your choosing.
            namespace: any but "", which the server writes alone.
            timeout: for each call, seconds or a timedelta. None: 30 s.

        Raises NearhitError: InvalidArgumentError; and what every call can raise. What
        earlier calls kept stays. TypeError or ValueError if metadata are no JSON.
        """
        place = embeddings.Place(namespace, model)
        for batch in embeddings.items(rows):
            request = embeddings.set_(place, batch)
            reader = partial(embeddings.kept, count=len(batch))
            yield long_call(lambda stubs: stubs.embeddings.EmbeddingSet, request, reader, timeout)

    def embeddings_exist(
        self,
        texts: Iterable[str] | None = None,
        *,
        keys: Iterable[str] | None = None,
        model: str = "",
        namespace: str = "",
        timeout: Timeout = None,
    ) -> Batches[bool]:
        """Whether there are such embeddings, in order; arguments and errors as of
        `get_embeddings`."""
        place = embeddings.Place(namespace, model)
        for names in embeddings.Names.batches(texts, keys):
            request = embeddings.exists(place, names)
            reader = partial(embeddings.told, count=len(names))
            yield long_call(
                lambda stubs: stubs.embeddings.EmbeddingExists, request, reader, timeout
            )

    def delete_embeddings(
        self,
        texts: Iterable[str] | None = None,
        *,
        keys: Iterable[str] | None = None,
        model: str = "",
        namespace: str,
        timeout: Timeout = None,
    ) -> Counts:
        """Removes embeddings from a namespace other than "" and returns how many there were.

        Deleting what is not there is no error. Arguments and errors as of `get_embeddings`.
        """
        place = embeddings.Place(namespace, model)
        for names in embeddings.Names.batches(texts, keys):
            request = embeddings.delete(place, names)
            yield long_call(
                lambda stubs: stubs.embeddings.EmbeddingDelete,
                request,
                embeddings.removed,
                timeout,
            )

    def flush_embeddings(self, namespace: str, *, timeout: Timeout = None) -> Call[int]:
        """Removes every embedding of a namespace other than "" and returns how many there were.

        `timeout` is 30 s if None. Raises NearhitError: InvalidArgumentError; and what every
        call can raise.
        """
        return long_call(
            lambda stubs: stubs.embeddings.EmbeddingFlush,
            embeddings.flush(namespace),
            embeddings.removed,
            timeout,
        )
