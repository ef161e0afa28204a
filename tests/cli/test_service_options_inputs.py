import io
from pathlib import Path

import pytest

from service.cli.group import Failed
from service.cli.service_options import read_json
from service.core.json_text import JsonText


def test_json_is_read_from_the_argument() -> None:
    assert read_json("--input", '{"a": 1.10}') == JsonText('{"a": 1.10}')


def test_json_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "input.json"
    file.write_text("\ufeff[1, 2]", encoding="utf-8")
    assert read_json("--input", f"@{file}") == JsonText("[1, 2]")


def test_json_is_read_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(b'\xef\xbb\xbf"text"'))
    monkeypatch.setattr("sys.stdin", stdin)
    assert read_json("--input", "-") == JsonText('"text"')


@pytest.mark.parametrize("text", ["{", "", "NaN", "-Infinity", "[" * 200_000, '"\udcff"'])
def test_what_is_not_json_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(Failed, match=r"^--input is not JSON: ") as refusal:
        read_json("--input", text)
    assert refusal.value.exit_code == 2


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Failed, match=r"^--input can't be read: .*No such file"):
        read_json("--input", f"@{tmp_path / 'none'}")
