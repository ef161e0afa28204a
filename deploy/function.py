"""Finishes the folder that Lambda runs, with the dependencies in it already (`make function`).

    python -m deploy.function FOLDER

The code and the state machines go in, what is never read goes out, and the rest is compiled: the
folder is read-only on Lambda, so every cold start would compile it again. The bytecode isn't held
against file times, which the zip doesn't keep.
"""

import compileall
import py_compile
import shutil
import sys
from pathlib import Path

from deploy.image.slim import size_of, unread_packages

ROOT = Path(__file__).parents[1]
ADDED = {"service": "handrail", "state_machines": "state_machines"}
PYTHON = (3, 13)
"""What `deploy/serverless.yaml` runs it with."""

LIMIT_BYTES = 250 * 1024 * 1024
"""Unzipped: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""


def main(arguments: list[str]) -> None:
    (folder,) = map(Path, arguments)
    for source, name in ADDED.items():
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / source, folder / name, ignore=ignored, dirs_exist_ok=True)
    for path in list(unread_packages(folder)):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)  # its folder may have gone already
    shutil.rmtree(folder / "bin", ignore_errors=True)
    compile_all(folder)
    size = size_of(folder)
    print(f"{folder}: {size / 1e6:.1f} MB")
    if size > LIMIT_BYTES:
        sys.exit("Lambda takes 250 MB at most.")


def compile_all(folder: Path) -> None:
    """Bytecode is of use to the same Python alone."""
    if sys.version_info[:2] != PYTHON:
        sys.exit(f"Lambda runs Python {'.'.join(map(str, PYTHON))}: build with it.")
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(folder, quiet=1, invalidation_mode=mode, stripdir=folder)


if __name__ == "__main__":
    main(sys.argv[1:])
