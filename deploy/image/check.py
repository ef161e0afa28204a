"""`make image-check`: build the image without a daemon, and see that it is what it says.

    python -m deploy.image.check [--base-image IMAGE]

Builds with buildah on a Debian that mmdebstrap makes (or on `--base-image`), looks at what the
image says of itself, then boots it read-only as its user in namespaces of its own; see `trial`.
Needs root. Everything it makes is below build/image.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from handrail import __version__

from .build import PROJECT, Build, BuildError, revision
from .store import Store
from .trial.findings import CheckFailed, expect, found

FOLDER = PROJECT / "build" / "image"
IMAGE = "localhost/handrail:check"
BASE = "localhost/python-bookworm"
PACKAGES = "python3,python3-venv,ca-certificates"
NEEDED = ("buildah", "mmdebstrap", "unshare", "mount")
LABEL = "org.opencontainers.image."


def check(base_image: str | None) -> None:
    """Raises CheckFailed, BuildError, CalledProcessError."""
    able()
    began_at = time.monotonic()
    store = Store(FOLDER)
    base = base_image or debian(store)
    store.build(Build(IMAGE, base))
    print(f"{IMAGE} on {base}, built in {time.monotonic() - began_at:.0f} s:")
    sizes = store.sizes(IMAGE, base)
    found(
        "size",
        f"{mb(sizes.added)} beyond the base ({mb(sizes.added_packed)} packed), "
        f"{mb(sizes.whole)} whole ({mb(sizes.whole_packed)} packed)",
    )
    configuration = store.configuration(IMAGE)
    described(configuration)
    with store.mounted(IMAGE) as root:
        tried(root, configuration)


def able() -> None:
    """Raises CheckFailed."""
    missing = [command for command in NEEDED if shutil.which(command) is None]
    expect(not missing, f"needs {', '.join(missing)}: apt-get install buildah mmdebstrap")
    expect(os.geteuid() == 0, "needs root: it mounts, and changes its root and its user")


def debian(store: Store) -> str:
    """A Debian with its own Python and nothing that isn't needed; made once for a store."""
    if not store.has(BASE):
        store.folder.mkdir(parents=True, exist_ok=True)
        rootfs = store.folder / "debian.tar"
        options = ["--quiet", "--variant=minbase", f"--include={PACKAGES}"]
        subprocess.run(["mmdebstrap", *options, "bookworm", str(rootfs)], check=True)  # noqa: S603, S607
        store.take(rootfs, BASE)
        rootfs.unlink()
    return BASE


def described(configuration: Mapping[str, Any]) -> None:
    """What the image says of itself to those who run it. Raises CheckFailed."""
    user, health = configuration["User"], configuration.get("Healthcheck") or {}
    expect(re.fullmatch(r"[1-9]\d*:[1-9]\d*", user), f"USER {user} isn't numeric, or is root")
    expect(configuration.get("StopSignal") == "SIGTERM", "no STOPSIGNAL SIGTERM")
    expect(health.get("Test", [None])[0] == "CMD", f"no HEALTHCHECK in exec form: {health}")
    shells = [part for part in configuration["Entrypoint"] if "/sh" in part]
    expect(not shells, f"started by a shell: {configuration['Entrypoint']}")
    labels = {
        name.removeprefix(LABEL): value
        for name, value in configuration["Labels"].items()
        if name.startswith(LABEL)
    }
    for name in ("title", "description", "licenses", "source"):
        expect(labels.get(name), f"no label {name}")
    expect(labels.get("version") == __version__, f"version {labels.get('version')}")
    expect(labels.get("revision") == revision(), f"revision {labels.get('revision')}")
    found("says", f"USER {user}, STOPSIGNAL, HEALTHCHECK, labels ({__version__}, {revision()[:7]})")


def tried(root: Path, configuration: Mapping[str, Any]) -> None:
    """Raises CheckFailed."""
    apart = ["unshare", "--mount", "--net", "--propagation", "private"]
    trial = [sys.executable, "-m", "deploy.image.trial", str(root), json.dumps(configuration)]
    ended = subprocess.run([*apart, *trial], cwd=PROJECT, check=False)  # noqa: S603
    expect(ended.returncode == 0, "the image failed its trial")


def mb(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


def main() -> None:
    parser = argparse.ArgumentParser(prog="make image-check", description="Check the image.")
    parser.add_argument("--base-image", default=None)
    chosen = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr] # among builders' lines
    try:
        check(chosen.base_image or None)
    except (CheckFailed, BuildError, subprocess.CalledProcessError) as error:
        sys.exit(f"make image-check: {error}")


if __name__ == "__main__":
    main()
