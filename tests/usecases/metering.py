"""Notes what would be counted."""

from dataclasses import dataclass, field


@dataclass
class NotedMeter:
    """An `ExecutionMeter`."""

    starts: list[tuple[str | None, str]] = field(default_factory=list)
    ends: list[tuple[str, str, float | None]] = field(default_factory=list)
    answers: list[tuple[str, str]] = field(default_factory=list)

    def start(self, machine: str | None, outcome: str) -> None:
        self.starts.append((machine, outcome))

    def ended(self, machine: str, status: str, duration_s: float | None) -> None:
        self.ends.append((machine, status, duration_s))

    def task_answer(self, answer: str, outcome: str) -> None:
        self.answers.append((answer, outcome))
