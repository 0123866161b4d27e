"""A progress bar on standard error, where that is a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from nearhit_server.cli import output


@dataclass(frozen=True)
class Bar:
    """A bar on a terminal; off a terminal only its notices are seen."""

    progress: Progress
    task: TaskID

    def show(self, completed: int, remark: str) -> None:
        """How much of the total is done, and what to say beside the bar."""
        self.progress.update(self.task, completed=completed, remark=remark)

    def notice(self, text: str) -> None:
        """A remark that stays on the screen, above the bar."""
        output.print_notice(self.progress.console, text)


@contextmanager
def progress_bar(label: str, *, total: int | None, hidden: bool = False) -> Iterator[Bar]:
    """A bar for the body. `total` None: nobody knows how much there is."""
    console = output.notice_console()
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[remark]}"),
        TimeRemainingColumn(),
        console=console,
        disable=hidden or not console.is_terminal,
        # Whoever reads standard output must not find it rerouted to standard error.
        redirect_stdout=False,
    )
    with progress:
        yield Bar(progress, progress.add_task(label, total=total, remark=""))
