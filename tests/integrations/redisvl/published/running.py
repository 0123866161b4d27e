"""Fetches RedisVL's published tests and runs them in a process of their own."""

import os
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree

TESTS = Path(__file__).parents[3]

MODULES = ("test_llmcache.py", "test_embedcache.py", "test_embedcache_warnings.py")
"""Those that are about the caches."""


@dataclass(frozen=True)
class Outcome:
    """How pytest ended, how many tests it skipped, and what it printed."""

    status: int
    skipped: int
    output: str


def fetch_sources(folder: Path) -> Path:
    """The tests of the installed RedisVL, without RedisVL, in a new folder within `folder`."""
    release = version("redisvl")
    command = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
        *("--no-deps", "--no-binary", "redisvl", "--dest", str(folder), f"redisvl=={release}"),
    ]
    subprocess.run(command, check=True, timeout=300)
    root = f"redisvl-{release}"
    with tarfile.open(folder / f"{root}.tar.gz") as archive:
        tests = [each for each in archive.getmembers() if each.name.startswith(f"{root}/tests/")]
        archive.extractall(folder, members=tests, filter="data")
    return folder / root


def run_published_tests(sources: Path, *, redis_url: str, target: str) -> Outcome:
    """Runs them on the nearhit server at `target`; some ask the Redis for its version."""
    report = sources / "report.xml"
    command = [
        *(sys.executable, "-m", "pytest", "-q", "-ra", "-c", os.devnull, "--rootdir", str(sources)),
        *("-p", "integrations.redisvl.published.plugin", "-p", "no:cacheprovider"),
        *("-o", "asyncio_mode=auto", "--junit-xml", str(report)),
        *(str(sources / "tests" / "integration" / module) for module in MODULES),
    ]
    environment = {
        # It finds what this process does, wherever that comes from.
        "PYTHONPATH": os.pathsep.join((str(TESTS), *sys.path)),
        "HF_HUB_OFFLINE": "1",
        "PUBLISHED_REDIS_URL": redis_url,
        "PUBLISHED_TARGET": target,
    }
    ended = subprocess.run(
        command,
        cwd=sources,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    skipped = 0
    if report.exists():
        (suite,) = ElementTree.parse(report).getroot()
        skipped = int(suite.attrib["skipped"])
    return Outcome(ended.returncode, skipped, ended.stdout)
