"""Each rule that lint speaks of is in the table, and each of the table in docs/lint.md."""

import re
from pathlib import Path

from handrail.core.definition.lint.rules import RULES, Severity

ROOT = Path(__file__).parents[4]
CODE = [
    *(ROOT / "service" / "core" / "definition" / "lint").glob("*.py"),
    ROOT / "service" / "cli" / "lint_command.py",
]
_ID = re.compile(r'"([a-z]+(?:-[a-z]+)+)"')


def test_every_rule_is_broken_by_something() -> None:
    spoken: set[str] = set()
    for module in CODE:
        if module.name != "rules.py":
            spoken |= set(_ID.findall(module.read_text()))

    assert RULES.keys() - spoken == set()


def test_errors_have_aws_s_codes() -> None:
    for name, rule in RULES.items():
        assert bool(rule.aws) or rule.severity is not Severity.ERROR, name
        assert rule.text.endswith("."), name


def test_the_document_shows_the_table() -> None:
    shown = re.findall(
        r"^\| <a id=\"([\w-]+)\"></a>`\1` \| (\w+) \| (.*) \|$",
        (ROOT / "docs" / "lint.md").read_text(),
        re.MULTILINE,
    )
    table = [
        (name, str(rule.severity), rule.text.replace("|", "\\|")) for name, rule in RULES.items()
    ]
    assert shown == table
