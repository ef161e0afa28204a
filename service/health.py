"""The old name of `handrail.entrypoints.healthcheck`, kept for one version: task definitions may
name it, `python -m handrail.health [PORT]`."""

import sys

from handrail.entrypoints.healthcheck import main

if __name__ == "__main__":
    print(
        "python -m handrail.health is going away: write python -m handrail.entrypoints.healthcheck",
        file=sys.stderr,
    )
    sys.exit(main(sys.argv[1:]))
