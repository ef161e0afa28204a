from pathlib import Path

import pytest

from service.cli.group import Failed
from service.cli.service_options import read_json


def no_stdin() -> str:
    raise AssertionError("standard input was read")


def test_json_is_read_from_the_argument() -> None:
    assert read_json("--input", '{"a": 1}', no_stdin) == {"a": 1}


def test_json_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "input.json"
    file.write_text("\ufeff[1, 2]", encoding="utf-8")
    assert read_json("--input", f"@{file}", no_stdin) == [1, 2]


def test_json_is_read_from_standard_input() -> None:
    assert read_json("--input", "-", lambda: '"text"') == "text"


@pytest.mark.parametrize("text", ["{", "", "NaN", "-Infinity", "[" * 200_000])
def test_what_is_not_json_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(Failed, match=r"^--input is not JSON: ") as refusal:
        read_json("--input", text, no_stdin)
    assert refusal.value.exit_code == 2


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Failed, match=r"^--input can't be read: .*No such file"):
        read_json("--input", f"@{tmp_path / 'none'}", no_stdin)
