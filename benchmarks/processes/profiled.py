"""`python -m benchmarks.processes.profiled FILE COMMAND …`: handrail under cProfile."""

import cProfile
import sys

from service.cli import main


def run() -> None:
    """Profile the command line until it ends, on SIGTERM too, and save what was seen."""
    path = sys.argv[1]
    profile = cProfile.Profile()
    try:
        profile.runcall(main, args=sys.argv[2:])
    finally:
        profile.dump_stats(path)


if __name__ == "__main__":
    run()
