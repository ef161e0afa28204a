"""The documents tell the truth about the settings, and about what stands where."""

import re
from pathlib import Path

import pytest

from handrail.settings import Settings, variable_of
from tests.environment import setting_descriptions

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    ROOT / "tests" / "README.md",
    *(ROOT / "docs").glob("*.md"),
]
"""All but the changelog, which tells of files that were."""
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


ROOMS = "|".join(sorted(room.name for room in (ROOT / "service").iterdir() if room.is_dir()))
NAMED = re.compile(
    rf"(?<![\w/.*-])(?:service/)?((?:{ROOMS})/[\w/.]*\w\.(?:py|js|html)|(?:{ROOMS})/[\w/]+/)"
)
TESTS_NAMED = re.compile(r"(?<![\w/.*-])tests/([\w/]+(?:\.(?:py|json|md)|/))")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_a_document_names_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    named = {*NAMED.findall(text), *TESTS_NAMED.findall(text)}
    places = (ROOT / "service", ROOT / "tests")
    missing = [name for name in named if not any((place / name).exists() for place in places)]
    assert missing == []


def test_how_it_works_names_files_by_their_rooms() -> None:
    """A file that is named without its room, beside one that has it, is found in some room too."""
    text = (ROOT / "docs" / "how-it-works.md").read_text(encoding="utf-8")
    known = {path.name for path in (ROOT / "service").rglob("*.py")}
    assert set(re.findall(r"\b(\w+\.py)\b", text)) <= known | {"test_house.py"}
