"""The README tells the truth about the settings."""

import re
from pathlib import Path

from service.settings import Settings, variable_of
from tests.environment import setting_descriptions

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(ENVIRONMENT|HANDRAIL_\w+)` \| (.+?) \| (.+) \|$", re.MULTILINE)


def shown(default: object) -> str:
    if default is None or default == "":
        return "\N{EN DASH}"
    return f"{default:g}" if isinstance(default, float) else str(default)


def test_the_table_lists_every_setting_with_its_default_and_meaning() -> None:
    descriptions = setting_descriptions()
    expected = [
        (variable_of(name), shown(field.default), descriptions[name])
        for name, field in Settings.model_fields.items()
    ]

    assert sorted(ROW.findall(README)) == sorted(expected)
