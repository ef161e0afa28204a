"""`python -m benchmarks.processes.profiled FILE COMMAND …`: handrail with a Sampler beside it."""

import sys
from pathlib import Path

from handrail.cli import main

from .sampler import Sampler


def run() -> None:
    """Until the command ends, on SIGTERM too; what was seen is saved then."""
    sampler = Sampler()
    sampler.start()
    try:
        main(args=sys.argv[2:])
    finally:
        sampler.save(Path(sys.argv[1]))


if __name__ == "__main__":
    run()
