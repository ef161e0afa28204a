"""`make dist`: build what is published, check it, and use it as its user would.

    python -m deploy.release [FOLDER]

Needs the project's environment, which has the build tools and `uv`, and the packages of
requirements/local.lock in its cache or within reach.
"""

import argparse
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from .distributions import PROJECT, ReleaseError, build, check
from .installation import install, use


def main() -> None:
    parser = argparse.ArgumentParser(prog="make dist", description="Build the sdist and the wheel.")
    parser.add_argument("folder", nargs="?", type=Path, default=PROJECT / "build" / "dist")
    folder: Path = parser.parse_args().folder.resolve()
    tools = Path(sysconfig.get_path("scripts"))
    try:
        made = build(tools, folder)
        check(tools, made)
        with tempfile.TemporaryDirectory(prefix="handrail-dist-") as away:
            for done in use(install(tools, made, Path(away))):
                print(f"  from the wheel: {done}", flush=True)
    except (ReleaseError, subprocess.CalledProcessError) as error:
        sys.exit(f"make dist: {error}")
    print(f"made {made.sdist}\nmade {made.wheel}")


if __name__ == "__main__":
    main()
