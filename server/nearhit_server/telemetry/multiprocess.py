"""The folder that several processes share, for any of them to tell the metrics of all.

prometheus_client writes there by itself where PROMETHEUS_MULTIPROC_DIR is set, and has to be told
when a process ends.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Final

from prometheus_client import values
from prometheus_client.multiprocess import mark_process_dead

METRICS_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that names the folder."""


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


@contextmanager
def metrics_folder() -> Iterator[str]:
    """The folder for processes that this one starts: the one that the environment names, or one
    for them alone, which goes with its content in the end. Raises MetricsFolderError."""
    named = _named_folder()
    if named is not None:
        yield named
        return
    try:
        folder = TemporaryDirectory(prefix="nearhit-metrics-", ignore_cleanup_errors=True)
    except OSError as error:
        raise MetricsFolderError(
            f"there is no place for the metrics that workers share: {error.strerror}"
        ) from error
    with folder as path:
        yield path


def forget_process(pid: int, folder: str) -> None:
    """Take out the gauges of a process that may have ended without doing so."""
    mark_process_dead(pid, folder)  # type: ignore[no-untyped-call]


def _named_folder() -> str | None:
    # By its old name prometheus_client takes it as well.
    return os.environ.get(METRICS_FOLDER) or os.environ.get(METRICS_FOLDER.lower())


def _check_folder() -> None:
    folder = _named_folder()
    if folder is None:
        raise MetricsFolderError(f"{METRICS_FOLDER} is set and names no folder")
    try:
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise MetricsFolderError(
            f"metrics cannot be written to {METRICS_FOLDER}={folder}: {error.strerror}"
        ) from error
