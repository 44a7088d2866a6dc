"""How a sweep stands: what is done, has failed, and how long the rest may take."""

import sys
from dataclasses import dataclass, field


@dataclass
class Progress:
    """done: how many there were before; took: seconds of each that ended; failed: last lines."""

    done: int
    took: list[float] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    shown: str = ""

    def tell(self, running: int, waiting: int, left: str) -> None:
        """On a terminal in one line that changes, else a line for each change."""
        terminal = sys.stdout.isatty()
        done = self.done + len(self.took)
        counts = f"{done} done, {running} running, {len(self.failed)} failed"
        line = f"{counts}, {waiting} to go, {left}"
        if (line if terminal else counts) != self.shown:
            self.shown = line if terminal else counts
            print(f"\r\033[K{line}" if terminal else line, end="" if terminal else "\n", flush=True)

    def fail(self, name: str, last_line: str) -> None:
        self.failed[name] = last_line
        line = f"failed: {name}: {last_line}"
        print(f"\r\033[K{line}" if sys.stdout.isatty() else line, flush=True)

    def time_left(self, unfinished: int, workers: int, spent: float = 0) -> str:
        """By the mean of those that have ended, were all workers at work until the end; spent:
        seconds that went into what is unfinished."""
        if not self.took:
            return "time left unknown yet"
        mean = sum(self.took) / len(self.took)
        left = max(mean * unfinished - spent, 0) / workers
        return f"about {left / 60:.0f} min left" if left > 90 else f"about {left:.0f} s left"
