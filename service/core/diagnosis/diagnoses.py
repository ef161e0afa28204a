"""Declares what `handrail doctor` says: a verdict on one thing, and the line that mends it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """`not checked` is neither: whoever was asked doesn't tell, or may not."""

    OK = "ok"
    WARNING = "warning"
    MISSING = "missing"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """`check` is what was looked at, in a word or two; `mend` is a setting, an IAM statement, a
    command or a template's parameter. Neither ever holds a secret."""

    check: str
    verdict: Verdict
    text: str
    mend: str | None = None

    def document(self) -> dict[str, str | None]:
        return {
            "check": self.check,
            "verdict": self.verdict.value.replace(" ", "_"),
            "text": self.text,
            "mend": self.mend,
        }


def counted(diagnoses: Iterable[Diagnosis]) -> str:
    """`2 missing, 1 warning, 3 not checked.`; everything is fine where there is none of these."""
    found = [each.verdict for each in diagnoses]
    counts = [
        (found.count(verdict), verdict)
        for verdict in (Verdict.MISSING, Verdict.WARNING, Verdict.NOT_CHECKED)
    ]
    said = [
        f"{count} {verdict.value}{'s' * (verdict is Verdict.WARNING and count > 1)}"
        for count, verdict in counts
        if count
    ]
    return f"{', '.join(said)}." if said else "Nothing is missing."


def listed(names: Iterable[str], most: int = 5) -> str:
    """`a, b and 7 more`."""
    every = list(names)
    shown = ", ".join(every[:most])
    return shown if len(every) <= most else f"{shown} and {len(every) - most} more"
