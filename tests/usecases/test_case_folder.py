"""Files of cases are found and read, and a bad one is named by its line."""

from pathlib import Path

import pytest

from handrail.core.errors import InvalidDefinition
from handrail.usecases.case_folder import case_files, home_of, line_of, read_case

GOOD = '{"input": {"a": 1}, "expect": {"status": "SUCCEEDED"}}'


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    folder = tmp_path / "order" / "cases"
    folder.mkdir(parents=True)
    return folder


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_cases_stand_beside_the_definition_or_by_state_machine(cases: Path) -> None:
    for name in ("b.json", "a.yaml", "notes.txt", "sub/c.yml"):
        written(cases / name, GOOD)
    found = case_files(cases.parent)
    assert [str(file.relative_to(cases)) for file in found] == ["a.yaml", "b.json", "sub/c.yml"]
    assert home_of(cases / "b.json") == home_of(cases / "sub" / "c.yml") == cases.parent
    assert home_of(cases / "notes.txt") is None
    assert home_of(cases.parent / "definition.asl.json") is None


def test_a_case_is_of_the_folder_it_stands_in(cases: Path) -> None:
    found = read_case(written(cases / "good.json", GOOD))
    assert (found.home, found.machine, found.label) == (cases.parent, None, "order/good")
    assert found.file.input == {"a": 1}
    assert read_case(written(cases / "refund" / "good.json", GOOD)).label == "refund/good"


def test_yaml_means_the_same(cases: Path) -> None:
    text = "input:\n  at: 2026-01-01\n  on: yes\nexpect: {status: FAILED}\n"
    assert read_case(written(cases / "a.yml", text)).file.input == {"at": "2026-01-01", "on": "yes"}


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.json", '{\n "input": 1,\n}', r"a\.json:3:1: is not JSON"),
        ("a.json", '{\n "input": 1\n}', r"a\.json:1: expect: Field required"),
        (
            "a.json",
            '{"expect": {\n  "status": "SUCCEEDED",\n  "staus": 1}}',
            r"a\.json:3: expect\.staus: Extra inputs",
        ),
        (
            "a.json",
            '{"stand_ins": {\n "A": [\n  {"retrun": 1}]},\n "expect": {}}',
            r"a\.json:3: stand_ins\.A\[0\]\.retrun",
        ),
        ("a.yaml", "expect:\n  status: [", r"a\.yaml:\d+:\d+: is not YAML"),
        ("a.yaml", "expect:\n  - 1", r"a\.yaml:1: expect:"),
    ],
)
def test_a_bad_file_is_named_by_its_line(cases: Path, name: str, text: str, told: str) -> None:
    with pytest.raises(InvalidDefinition, match=told):
        read_case(written(cases / name, text))


def test_a_key_is_looked_for_behind_the_one_before_it() -> None:
    text = '{\n "a": {},\n "b": {\n  "a": 1}}'
    assert [line_of(text, path) for path in ("a", "b", "b.a", "c")] == [2, 3, 4, 1]
