"""Builds the sdist and the wheel with the lock's build tools, and holds them against each other."""

import hashlib
import subprocess
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[2]
RECORD = ".dist-info/RECORD"


class ReleaseError(Exception):
    """What was built isn't what it should be. The text says why, for a person."""


@dataclass(frozen=True, slots=True)
class Distributions:
    sdist: Path
    wheel: Path


def build(tools: Path, folder: Path) -> Distributions:
    """Builds the sdist from the project, and the wheel from that, offline; `tools` are the programs
    of the project's environment. Raises CalledProcessError, ReleaseError."""
    for old in (*folder.glob("*.tar.gz"), *folder.glob("*.whl")):
        old.unlink()
    _uv_build(tools, folder)
    [sdist], [wheel] = folder.glob("*.tar.gz"), folder.glob("*.whl")
    straight = folder / "straight"
    _uv_build(tools, straight, "--wheel")
    [other] = straight.glob("*.whl")
    if differ := differing(contents(wheel), contents(other)):
        raise ReleaseError(f"The sdist builds another wheel: {', '.join(differ)}")
    return Distributions(sdist, wheel)


def check(tools: Path, made: Distributions) -> None:
    """Raises CalledProcessError."""
    run(tools / "twine", "check", "--strict", made.sdist, made.wheel)
    run(tools / "check-wheel-contents", made.wheel)


def contents(wheel: Path) -> Mapping[str, str]:
    """The digest of each file, but for the list of those digests."""
    with zipfile.ZipFile(wheel) as archive:
        return {
            name: hashlib.sha256(archive.read(name)).hexdigest()
            for name in archive.namelist()
            if not name.endswith(RECORD)
        }


def differing(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    """The files that only one of them has, or that differ."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def run(*command: str | Path) -> None:
    """Raises CalledProcessError."""
    subprocess.run([*map(str, command)], cwd=PROJECT, check=True)  # noqa: S603 our own


def _uv_build(tools: Path, folder: Path, *options: str) -> None:
    where = ("--python", tools / "python", "--out-dir", folder)
    run(tools / "uv", "build", "-q", "--offline", "--no-build-isolation", *options, *where)
