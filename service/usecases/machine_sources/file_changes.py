"""Tells which files of state machines were saved since they were looked at last."""

import os
from collections.abc import Iterator
from pathlib import Path

from .definition_files import YAML

_READ = frozenset({".py", ".json", ".template", *YAML})
_LEFT_OUT = frozenset(["__pycache__", "node_modules", "venv"])
_MOST = 20_000  # files: nobody's state machines, so somebody's whole disk
Stamps = dict[Path, tuple[int, int]]


class FileChanges:
    """Of the folder at `path`, or of that which the file at `path` stands in."""

    def __init__(self, path: Path) -> None:
        self._folder = path if path.is_dir() else path.parent
        self._seen = self._pending = self._stamps()

    def look(self) -> frozenset[Path]:
        """Those that are new, other or gone, once nothing more has changed between two looks:
        a file may be half written."""
        now = self._stamps()
        if now == self._seen or now != self._pending:
            self._pending = now
            return frozenset()
        changed = {path for path, _ in self._seen.items() ^ now.items()}
        self._seen = now
        return frozenset(changed)

    def _stamps(self) -> Stamps:
        stamps: Stamps = {}
        for entry in _files(self._folder):
            try:
                found = entry.stat()
            except OSError:  # gone since the listing, or a link that leads nowhere
                continue
            stamps[Path(entry.path)] = found.st_mtime_ns, found.st_size
            if len(stamps) == _MOST:
                break
        return stamps


def _files(folder: Path | str) -> Iterator["os.DirEntry[str]"]:
    try:
        entries = list(os.scandir(folder))
    except OSError:  # gone, or not ours to see: so nothing in it is read either
        return
    for entry in entries:
        if entry.is_dir():
            if not entry.name.startswith(".") and entry.name not in _LEFT_OUT:
                yield from _files(entry.path)
        elif os.path.splitext(entry.name)[1] in _READ:  # noqa: PTH122 of thousands, each second
            yield entry
