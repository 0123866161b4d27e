"""`nearhit bench` against a real server, and what it says when it cannot run."""

import json
import signal
import subprocess
import sys
from xml.etree import ElementTree

import pytest

import nearhit
from nearhit_server.bench import running
from nearhit_server.cli import bench_files

COMMAND = [sys.executable, "-m", "nearhit_server"]
ENOUGH_SECONDS = 120.0

QUICK = ("--duration", "0.2", "--warmup", "0")


@pytest.fixture
def caches(client):
    """Asks which caches of runs there are."""
    return lambda: [c.cache_id for c in client.list_caches() if c.cache_id.startswith("bench-")]


def entry_count(client, cache_id=None):
    return client.get_cache(cache_id).entry_count


def test_run_in_a_closed_loop_writes_what_it_found(run, client, caches, tmp_path):
    before = entry_count(client, "default")
    to, drawn = tmp_path / "run.json", tmp_path / "run.svg"

    result = run("bench", "exact", "--entries", "5", *QUICK, "--json", to, "--plot", drawn)

    assert result.exit_code == 0, result.output
    assert "64 callers in a closed loop, measured for 0.2 s" in result.stdout
    assert "made for the run and deleted, 5 entries stored beforehand" in result.stdout
    record = json.loads(to.read_text())
    assert set(record["counts"]) == {"due", "hit", "dropped", "unfinished"}
    assert record["counts"]["hit"] == record["counts"]["due"] >= 64
    assert record["scheduling_lag_milliseconds"] is None
    assert ElementTree.parse(drawn).getroot().tag.endswith("svg")
    assert caches() == []
    assert entry_count(client) == 0
    assert entry_count(client, "default") == before
    # Nothing to draw progress on.
    assert result.stderr == ""

    compared = tmp_path / "compared.svg"
    assert run("bench", "plot", to, to, "--output", compared).exit_code == 0
    assert "run: exact, 64 callers" in compared.read_text()


def test_run_in_an_open_loop_over_processes_prints_json(run, caches):
    load = ("--rate", "100", "--arrivals", "uniform", "--processes", "2", "--channels", "2")

    result = run("bench", "vectors", "--dimension", "8", *load, *QUICK, "--json", "-")

    assert result.exit_code == 0, result.output
    record = json.loads(result.stdout)
    assert record["counts"] == {"due": 20, "hit": 20, "dropped": 0, "unfinished": 0}
    assert record["scheduling_lag_milliseconds"]["count"] == 20
    assert record["load"]["processes"] == 2
    assert caches() == []


def test_entries_of_others_stay_when_a_cache_is_named(run, client, cache_id):
    client.store("what others asked", "what they got")

    result = run("bench", "store", "--concurrency", "1", *QUICK, "--cache", cache_id)

    assert result.exit_code == 0, result.output
    assert f"cache {cache_id}: 0 entries stored beforehand; all entries of the run" in result.stdout
    assert [entry.prompt for entry in client.list_entries()] == ["what others asked"]


def test_cache_with_max_entries_is_left_alone(run, client, cache_id):
    client.update_cache(cache_id, max_entries=10)
    result = run("bench", "mix", *QUICK, "--cache", cache_id)
    assert result.exit_code == 1
    assert result.stderr == (
        f"nearhit: cache {cache_id} has max_entries, so entries of the run would push others' out\n"
    )


@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)]
)
def test_interrupted_run_reports_and_cleans_up(environment, client, caches, number):
    command = [*COMMAND, "bench", "mix", "--rate", "100", "--duration", "5m", "--warmup", "0"]
    with subprocess.Popen(
        [*command, "--target", environment["NEARHIT_TARGET"], "--json", "-"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            # Calls are being made once something has been stored.
            while not any(entry_count(client, cache) for cache in caches()):
                assert process.poll() is None, process.stderr.read()
            process.send_signal(number)
            output, complaints = process.communicate(timeout=ENOUGH_SECONDS)
        finally:
            process.kill()

    assert process.returncode == 130, complaints
    assert complaints == ""
    record = json.loads(output)
    assert record["interrupted"]
    assert 0 < record["measured_seconds"] < 300
    assert record["counts"]["miss"] > 0
    # The last word of the process, which had been told to stop, not one from before.
    assert record["generator_cpu_share"] > 0
    assert caches() == []


def test_cache_that_is_not_there_is_an_error(run):
    result = run("bench", "mix", *QUICK, "--cache", "no-such-cache")
    assert result.exit_code == 1
    assert "no-such-cache" in result.stderr


def test_cache_is_deleted_when_no_call_can_be_made(run, caches, monkeypatch):
    monkeypatch.setattr(running, "_COMMAND", (sys.executable, "-c", "raise SystemExit(3)"))
    result = run("bench", "vectors", "--dimension", "8", *QUICK)
    assert result.exit_code == 1
    assert result.stderr == "nearhit: a process of the load generator ended with status 3\n"
    assert caches() == []


@pytest.mark.parametrize("named", [True, False])
def test_results_are_kept_when_what_was_stored_cannot_be_deleted(
    run, client, caches, cache_id, monkeypatch, named
):
    def broken_down(*_, **__):
        raise nearhit.UnavailableError("broken down")

    with monkeypatch.context() as patch:
        patch.setattr(nearhit.Client, "delete_cache", broken_down)
        patch.setattr(nearhit.Client, "delete", broken_down)
        options = ("--cache", cache_id) if named else ()
        result = run("bench", "store", "--concurrency", "1", *QUICK, *options)

    assert result.exit_code == 0
    assert "stored" in result.stdout
    assert result.stderr.startswith("nearhit: entries" if named else "nearhit: cache bench-")
    assert result.stderr.endswith("could not be deleted: broken down\n")
    for left in caches():
        client.delete_cache(left)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--rate", "0"], "'0' is no number of calls over 0"),
        (["--rate", "-5"], "'-5' is no number of calls over 0"),
        (["--rate", "nan"], "'nan' is no number of calls over 0"),
        (["--concurrency", "0"], "greater than or equal to 1"),
        (["--rate", "5", "--concurrency", "5"], "give one of --rate and --concurrency"),
        (["--concurrency", "2", "--processes", "3"], "2 callers are too few for 3 processes"),
        (["--arrivals", "uniform"], "is of use only with --rate"),
        (["--max-outstanding", "5"], "is of use only with --rate"),
        (["--duration", "0"], "has to be more than nothing"),
        (["--duration", "soon"], "'soon' is no duration"),
        (["--warmup", "-1"], "'-1' is no duration"),
        (["--timeout", "0"], "is no number of seconds over 0"),
        (["--exponent", "-1"], "greater than or equal to 0"),
        (["--repeat-share", "2"], "less than or equal to 1"),
        (["--population", "0"], "greater than or equal to 1"),
        (["--plot", "x.pdf"], "x.pdf ends in neither of .svg or .png"),
    ],
)
def test_senseless_options_are_usage_errors(run, options, complaint):
    result = run("bench", "mix", *options)
    assert result.exit_code == 2
    assert complaint in " ".join(result.stderr.split())


@pytest.mark.parametrize("option", ["--json", "--plot"])
def test_file_that_cannot_be_written_is_noticed_before_the_run(run, caches, tmp_path, option):
    file = tmp_path / "missing" / "run.svg"
    result = run("bench", "mix", option, file)
    assert (result.exit_code, result.stderr) == (1, f"nearhit: {file}: No such file or directory\n")


def test_file_that_is_there_is_kept_when_the_run_fails(run, tmp_path):
    kept, new = tmp_path / "kept.json", tmp_path / "new.svg"
    kept.write_text("precious")
    result = run("bench", "mix", "--cache", "no-such-cache", "--json", kept, "--plot", new)
    assert result.exit_code == 1
    assert kept.read_text() == "precious"
    assert not new.exists()


@pytest.mark.parametrize(
    ("missing", "arguments"),
    [
        ("matplotlib", ["mix", "--plot", "x.svg"]),
        ("matplotlib", ["plot", "x.json", "--output", "x.svg"]),
        ("hdrh", ["mix"]),
    ],
)
def test_missing_libraries_are_named_by_their_extra(run, monkeypatch, missing, arguments):
    find = bench_files.find_spec
    monkeypatch.setattr(
        bench_files, "find_spec", lambda name: None if name == missing else find(name)
    )
    result = run("bench", *arguments)
    assert result.exit_code == 1
    assert 'run: pip install "nearhit[server,bench]"' in result.stderr


@pytest.mark.parametrize("content", ["", "{}", '{"schema": "nearhit-bench/0"}'])
def test_plot_refuses_what_is_no_results(run, tmp_path, content):
    file = tmp_path / "other.json"
    file.write_text(content)
    result = run("bench", "plot", file, "--output", tmp_path / "x.svg")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"nearhit: {file}: is no results of")
    assert not (tmp_path / "x.svg").exists()


def test_plot_says_when_there_is_no_file(run, tmp_path):
    missing = tmp_path / "missing.json"
    result = run("bench", "plot", missing, "--output", tmp_path / "x.svg")
    assert result.stderr == f"nearhit: {missing}: No such file or directory\n"


def test_run_says_how_to_start_a_server_when_none_answers(run):
    result = run("bench", "mix", "--target", "127.0.0.1:1")
    assert result.exit_code == 1
    assert result.stderr.startswith("nearhit: no server answers at 127.0.0.1:1")


def test_help_needs_no_heavy_libraries():
    script = (
        "import sys\nfrom nearhit_server.cli import app\n"
        "try:\n    app(['bench', 'mix', '--help'])\n"
        "finally:\n    sys.exit('numpy' in sys.modules or 'matplotlib' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], stdout=subprocess.DEVNULL).returncode == 0
