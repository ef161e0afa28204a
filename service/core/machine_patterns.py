"""Tells the state machines that a service is for from others of the account and region, by their
names: those of another stage, or of another team."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Self

_MARK = ":stateMachine:"


@dataclass(frozen=True, slots=True)
class MachinePatterns:
    """Names, shell-style; every name where there are none."""

    patterns: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Names and ARNs of state machines with commas between, which may hold `*` and `?` as in an
        IAM policy. Raises ValueError for what names none."""
        found = []
        for part in filter(None, (each.strip() for each in text.split(","))):
            name = part.rpartition(_MARK)[2] if part.startswith("arn:") else part
            if not name or ":" in name or (part.startswith("arn:") and _MARK not in part):
                raise ValueError(f"{part} names no state machine")
            found.append(name.replace("[", "[[]"))
        return cls(tuple(found))

    def match(self, name: str) -> bool:
        return not self.patterns or any(fnmatchcase(name, each) for each in self.patterns)


EVERY_MACHINE = MachinePatterns()
