"""The old name of `service.entrypoints.healthcheck`, kept for one version: task definitions may
name it, `python -m service.health [PORT]`."""

import sys

from service.entrypoints.healthcheck import main

if __name__ == "__main__":
    print(
        "python -m service.health is going away: write python -m service.entrypoints.healthcheck",
        file=sys.stderr,
    )
    sys.exit(main(sys.argv[1:]))
