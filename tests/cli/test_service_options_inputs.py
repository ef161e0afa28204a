import io
from pathlib import Path

import pytest

from handrail.cli.group import Failed
from handrail.cli.service_options import read_json

ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"]


def test_json_is_read_from_the_argument_as_it_is_written() -> None:
    assert read_json("--input", '{"a": 1.10}').text == '{"a": 1.10}'


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_json_is_read_from_a_file(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "input.json"
    file.write_text('{"é": [1, 2]}', encoding=encoding)
    assert read_json("--input", f"@{file}").text == '{"é": [1, 2]}'


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_json_is_read_from_standard_input(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    stdin = io.TextIOWrapper(io.BytesIO('"text"'.encode(encoding)))
    monkeypatch.setattr("sys.stdin", stdin)
    assert read_json("--input", "-").text == '"text"'


@pytest.mark.parametrize("text", ["{", "", "NaN", "-Infinity", "[" * 200_000, '"\udcff"'])
def test_what_is_not_json_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(Failed, match=r"^--input is not JSON: ") as refusal:
        read_json("--input", text)
    assert refusal.value.exit_code == 2


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "input.json"
    file.write_bytes(b'{"a": "\xff\xfe\xfd"}')
    with pytest.raises(Failed, match=r"^--input is no text: ") as refusal:
        read_json("--input", f"@{file}")
    assert refusal.value.exit_code == 2


@pytest.mark.parametrize(
    ("name", "why"), [("none", "No such file"), (".", "Is a directory"), ("", "Is a directory")]
)
def test_a_file_that_can_not_be_read_is_named(
    name: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Failed, match=rf"^--input: {Path(name)} can't be read: {why}") as refusal:
        read_json("--input", f"@{name}")
    assert refusal.value.exit_code == 2
