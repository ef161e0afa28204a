"""Reports what is wrong or doubtful in a definition before AWS or an execution does.

An `error` is what AWS refuses; a `warning` what deploys and then surprises; `info` what is worth a
thought. `rules.py` has the table of all rules, each module a family of them.
"""

from .findings import Finding
from .linting import lint
from .rules import RULES, Severity

__all__ = ["RULES", "Finding", "Severity", "lint"]
