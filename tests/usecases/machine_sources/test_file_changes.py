"""Files that were saved are told once, and whole."""

from pathlib import Path

from handrail.usecases.machine_sources.file_changes import FileChanges


def test_what_is_saved_added_or_removed_is_told_once_nothing_more_changes(tmp_path: Path) -> None:
    kept, saved, removed = (tmp_path / f"{name}.json" for name in ("kept", "saved", "removed"))
    for file in (kept, saved, removed):
        file.write_text("{}")
    changes = FileChanges(tmp_path)
    assert changes.look() == frozenset()
    saved.write_text('{"half":')
    assert changes.look() == frozenset()
    saved.write_text('{"half": 1}')
    removed.unlink()
    (added := tmp_path / "new" / "machine.yaml").parent.mkdir()
    added.write_text("")
    assert changes.look() == frozenset()
    assert changes.look() == {saved, removed, added}
    assert changes.look() == frozenset()


def test_a_change_that_is_taken_back_is_none(tmp_path: Path) -> None:
    changes = FileChanges(tmp_path)
    (tmp_path / "a.py").write_text("")
    assert changes.look() == frozenset()
    (tmp_path / "a.py").unlink()
    assert changes.look() == changes.look() == frozenset()


def test_what_nobody_reads_is_not_looked_at(tmp_path: Path) -> None:
    for folder in (".venv", "node_modules", "__pycache__"):
        (tmp_path / folder).mkdir()
    changes = FileChanges(tmp_path)
    for file in (".venv/a.py", "node_modules/a.json", "__pycache__/a.py", "notes.txt"):
        (tmp_path / file).write_text("")
    assert changes.look() == changes.look() == frozenset()


def test_of_a_file_the_folder_is_looked_at(tmp_path: Path) -> None:
    (template := tmp_path / "template.yaml").write_text("")
    changes = FileChanges(template)
    (handler := tmp_path / "app.py").write_text("")
    changes.look()
    assert changes.look() == {handler}
