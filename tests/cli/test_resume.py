"""Sidecars."""

import pytest

from nearhit_server.cli.export_run import ExportProgress
from nearhit_server.cli.import_run import ImportProgress
from nearhit_server.cli.resume import NoFitError, Sidecar

JOB = {"target": "a:1", "cache": "default", "size": 10}


@pytest.fixture
def sidecar(tmp_path):
    return Sidecar(tmp_path / "file.nearhit-import", JOB)


def test_load_returns_nothing_when_there_is_no_sidecar(sidecar):
    assert sidecar.load() is None


def test_load_returns_the_newest_progress_when_saved_twice(sidecar, tmp_path):
    sidecar.save({"offset": 1})
    sidecar.save({"offset": 2})

    assert sidecar.load() == {"offset": 2}
    assert list(tmp_path.iterdir()) == [sidecar.path]


def test_load_returns_nothing_when_removed(sidecar):
    sidecar.save({})
    sidecar.remove()
    sidecar.remove()

    assert sidecar.load() is None


@pytest.mark.parametrize("changed", [{"target": "b:1"}, {"size": 11}, {"extra": True}])
def test_load_refuses_when_job_is_another(sidecar, changed):
    sidecar.save({})

    with pytest.raises(NoFitError, match=f"other {next(iter(changed))}"):
        Sidecar(sidecar.path, {**JOB, **changed}).load()


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"format": 2, "job": {}, "progress": {}}', "[" * 100_000]
)
def test_load_refuses_when_content_is_unknown(sidecar, content):
    sidecar.path.write_text(content)

    with pytest.raises(NoFitError, match="cannot be read"):
        sidecar.load()


@pytest.mark.parametrize("saved", [{"offset": -1}, {"offset": "1"}, {"unknown": 1}])
def test_import_progress_is_refused_when_it_makes_no_sense(saved):
    with pytest.raises(NoFitError):
        ImportProgress.restored(saved)


@pytest.mark.parametrize("saved", [{}, {"page_token": 1, "size_bytes": 1, "exported": 1}])
def test_export_progress_is_refused_when_it_makes_no_sense(saved):
    with pytest.raises(NoFitError):
        ExportProgress.restored(saved)
