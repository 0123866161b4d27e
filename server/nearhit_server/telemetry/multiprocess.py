"""The folder that several processes share, for any of them to tell the metrics of all.

prometheus_client writes there by itself where PROMETHEUS_MULTIPROC_DIR is set, and has to be told
when a process ends.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import Final

from prometheus_client import values
from prometheus_client.multiprocess import mark_process_dead

_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"


class MetricsFolderError(Exception):
    """The folder cannot be used; the message is one plain sentence."""


def is_multiprocess() -> bool:
    """Whether processes share a folder; prometheus_client decides when it is imported."""
    return values.ValueClass is not values.MutexValue


@contextmanager
def shared_metrics() -> Iterator[None]:
    """This process's part in the folder, if there is one: in the end its gauges are taken out,
    and what it has counted stays.

    Raises MetricsFolderError. To be entered before the first metric is made.
    """
    if not is_multiprocess():
        yield
        return
    _check_folder()
    try:
        yield
    finally:
        mark_process_dead(os.getpid())  # type: ignore[no-untyped-call]


def _check_folder() -> None:
    # By its old name prometheus_client takes it as well.
    folder = os.environ.get(_VARIABLE) or os.environ.get(_VARIABLE.lower())
    if not folder:
        raise MetricsFolderError(f"{_VARIABLE} is set and names no folder")
    try:
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise MetricsFolderError(
            f"metrics cannot be written to {_VARIABLE}={folder}: {error.strerror}"
        ) from error
