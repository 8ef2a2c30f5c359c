"""Shows training on standard error: bars with time left on a terminal, plain lines elsewhere."""

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


class Bars:
    """A bar for each recipe."""

    def __init__(self) -> None:
        self.bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("· took"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
        )
        self.tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self.bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.bars.stop()

    def started(self, name: str) -> None:
        """Add a bar."""
        self.tasks[name] = self.bars.add_task(f"train {name}", total=1.0)

    def advanced(self, name: str, share: float) -> None:
        """Move a bar to `share`, 0..1."""
        self.bars.update(self.tasks[name], completed=share)

    def finished(self, name: str, seconds: float) -> None:
        """Fill a bar."""
        self.bars.update(self.tasks[name], completed=1.0)
        self.bars.stop_task(self.tasks[name])

    def failed(self, name: str, reason: str) -> None:
        """Stop a bar and print why."""
        self.bars.stop_task(self.tasks[name])
        self.bars.console.print(f"train {name}: failed: {reason}", markup=False, style="red")


class Lines:
    """A line at the start, each quarter and the end of each recipe."""

    def __init__(self) -> None:
        self.starts: dict[str, float] = {}
        self.quarters: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing to close."""

    def started(self, name: str) -> None:
        """Say that training begins."""
        self.starts[name] = time.monotonic()
        self.quarters[name] = 0
        print(f"train {name}: started", file=sys.stderr, flush=True)

    def advanced(self, name: str, share: float) -> None:
        """Say how much is done and how long the rest may take, once a quarter."""
        quarter = int(4 * share)
        if self.quarters[name] < quarter < 4:
            self.quarters[name] = quarter
            left = (time.monotonic() - self.starts[name]) * (1 - share) / share
            print(
                f"train {name}: {share:.0%}, about {left:.0f} s left", file=sys.stderr, flush=True
            )

    def finished(self, name: str, seconds: float) -> None:
        """Say how long it took."""
        print(f"train {name}: published after {seconds:.1f} s", file=sys.stderr, flush=True)

    def failed(self, name: str, reason: str) -> None:
        """Say why there is no model."""
        print(f"train {name}: failed: {reason}", file=sys.stderr, flush=True)


def reporter_for_stderr() -> Bars | Lines:
    """Bars if somebody watches, lines if a file does."""
    return Bars() if sys.stderr.isatty() else Lines()
