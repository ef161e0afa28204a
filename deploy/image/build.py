"""`make image`: build the image with docker where a daemon answers, else with buildah.

    python -m deploy.image.build [--tag NAME] [--base-image IMAGE]

Needs nothing but Python: no environment of the project's.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from handrail import __version__

from .forwarding import pip_settings, proxies, secrets

PROJECT = Path(__file__).parents[2]
TAG = "handrail"
FORMAT = ("--format", "docker")
"""An OCI image has no HEALTHCHECK; Docker's format keeps it."""


class BuildError(Exception):
    """The image can't be built. The text says why, for a person."""


@dataclass(frozen=True, slots=True)
class Build:
    """What to build, and as what. No `base_image` means the Dockerfile's own."""

    tag: str = TAG
    base_image: str | None = None

    def options(self, folder: Path) -> list[str]:
        """The options that docker and buildah share; `folder` takes the secrets' files."""
        named = {"VERSION": __version__, "REVISION": revision()}
        if self.base_image:
            named["BASE_IMAGE"] = self.base_image
        given = [option for item in named.items() for option in ("--build-arg", "=".join(item))]
        return [*given, *proxies(), *secrets(pip_settings(), folder), "--tag", self.tag, "."]


def build(build: Build, command: Sequence[str]) -> None:
    """Run `command`, a builder with its own options. Raises BuildError."""
    with tempfile.TemporaryDirectory(prefix="handrail-image-") as folder:
        whole = [*command, *build.options(Path(folder))]
        environment = {**os.environ, "DOCKER_BUILDKIT": "1"}
        ended = subprocess.run(whole, cwd=PROJECT, env=environment, check=False)  # noqa: S603
    if ended.returncode != 0:
        raise BuildError(f"{command[0]} ended with {ended.returncode}")


def builder() -> list[str]:
    """The builder that works here, with its own options. Raises BuildError where none does."""
    if shutil.which("docker") and succeeds("docker", "info"):
        return ["docker", "build"]
    if shutil.which("buildah"):
        return ["buildah", "build", *FORMAT]
    raise BuildError("needs docker with a running daemon, or buildah; neither is here")


def revision() -> str:
    """The commit that is checked out, `-dirty` where files differ from it."""
    try:
        described = ["git", "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]
        return subprocess.check_output(  # noqa: S603 our own command
            described, cwd=PROJECT, text=True, stderr=subprocess.DEVNULL
        ).strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def succeeds(*command: str) -> bool:
    ended = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 our own
    return ended.returncode == 0


def main() -> None:
    parser = argparse.ArgumentParser(prog="make image", description="Build the container image.")
    parser.add_argument("--tag", default=TAG)
    parser.add_argument("--base-image", default=None)
    chosen = parser.parse_args()
    try:
        build(Build(chosen.tag, chosen.base_image or None), builder())
    except BuildError as error:
        sys.exit(f"make image: {error}")


if __name__ == "__main__":
    main()
