"""Sidecars: small files that say how far an interrupted import or export had come."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

Job: TypeAlias = Mapping[str, str | int | bool]
"""What must be the same for a sidecar to be of use."""

_FORMAT: Final = 1


class NoFitError(Exception):
    """There is a sidecar, but it is of no use here; the message says why."""


@dataclass(frozen=True)
class Sidecar:
    """A file with the progress of one job. Reading another job's progress is refused."""

    path: Path
    job: Job

    def load(self) -> dict[str, Any] | None:
        """The progress last saved, None if there is none. Raises NoFitError."""
        try:
            saved = json.loads(self.path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError):
            raise NoFitError(f"{self.path} cannot be read") from None
        match saved:
            case {"format": 1, "job": dict(job), "progress": dict(progress)}:
                self._check_same(job)
                return progress
        raise NoFitError(f"{self.path} cannot be read")

    def save(self, progress: Mapping[str, str | int]) -> None:
        """Keep the progress. A crash leaves either this or what was there before."""
        content = {"format": _FORMAT, "job": dict(self.job), "progress": dict(progress)}
        fresh = self.path.with_name(self.path.name + ".new")
        fresh.write_text(json.dumps(content) + "\n", encoding="utf-8")
        os.replace(fresh, self.path)

    def remove(self) -> None:
        """Forget the job, which is done."""
        self.path.unlink(missing_ok=True)

    def _check_same(self, job: Mapping[str, Any]) -> None:
        different = sorted(
            name.replace("_", " ")
            for name in job.keys() | self.job.keys()
            if job.get(name) != self.job.get(name)
        )
        if different:
            raise NoFitError(f"{self.path} is of another job (other {', '.join(different)})")
