"""`python -m tests.killed_news [--seeds N]`: kills at every await of every course of things."""

import argparse
import asyncio
import logging
import sys
import time

import structlog

from .playing import play


async def run(seeds: int) -> int:
    began_at, plays, twice, problems = time.monotonic(), 0, 0, 0
    for push in (True, False):
        for seed in range(seeds):
            whole = await play(seed, None, push=push)
            for kill_at in (None, *range(1, whole.steps + 1)):
                played = await play(seed, kill_at, push=push)
                plays, twice = plays + 1, twice + played.twice
                problems += len(played.problems)
                for problem in played.problems:
                    print(f"seed {seed}, push {push}, killed at {kill_at}: {problem}")
    took_s = time.monotonic() - began_at
    print(f"{plays} plays in {took_s:.0f} s: {problems} problems, {twice} messages came twice")
    return 1 if problems else 0


def main() -> int:
    """What a process that is killed says of it is no news here."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    return asyncio.run(run(parser.parse_args().seeds))


if __name__ == "__main__":
    sys.exit(main())
