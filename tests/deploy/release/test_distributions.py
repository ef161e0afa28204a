"""Two wheels are held against each other by what is in them. `make dist` does the rest."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

from deploy.release.distributions import contents, differing


def wheel(path: Path, files: Mapping[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def test_a_file_that_is_missing_or_differs_is_named(tmp_path: Path) -> None:
    one = wheel(tmp_path / "one.whl", {"a.py": "1", "b.py": "1", "c.py": "1"})
    other = wheel(tmp_path / "other.whl", {"a.py": "1", "b.py": "2", "d.py": "1"})
    assert differing(contents(one), contents(other)) == ["b.py", "c.py", "d.py"]


def test_order_and_the_list_of_digests_don_t_count(tmp_path: Path) -> None:
    record = "x-1.dist-info/RECORD"
    one = wheel(tmp_path / "one.whl", {"a.py": "1", "b.py": "1", record: "a, b"})
    other = wheel(tmp_path / "other.whl", {"b.py": "1", record: "b, a", "a.py": "1"})
    assert differing(contents(one), contents(other)) == []
