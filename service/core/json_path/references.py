"""Reads what a state's fields can refer to: the input, the context object, and variables."""

import re
from dataclasses import dataclass

from .path_steps import Path
from .path_syntax import MalformedPath, parse_path

_VARIABLE = re.compile(r"\$([^\W\d]\w*)")


@dataclass(frozen=True, slots=True)
class Reference:
    """A path: into the input `$…`, into the context object `$$…`, to a variable `$name…`."""

    path: str

    @property
    def variable(self) -> str | None:
        """Its name, where the path begins with one."""
        found = _VARIABLE.match(self.path)
        return found[1] if found else None

    @property
    def in_context(self) -> bool:
        return self.path.startswith("$$")

    @property
    def below(self) -> Path:
        """The path from there on. Raises MalformedPath."""
        if not self.path.startswith("$"):
            raise MalformedPath(f"a path begins with $: {self.path}")
        return parse_path("$" + self.path[len(self.variable or "") + 1 + self.in_context :])


def parse_reference(text: str) -> Reference:
    """Raises MalformedPath."""
    reference = Reference(text)
    _ = reference.below
    return reference
