"""The benchmark `chaos`: so many rounds on a fleet of three, and what was wrong in them."""

from benchmarks.figures import Figure, Options, Report, Target

from .fleet import fleet
from .rounds import Played, played

ROUNDS = 30
REPLICAS = 3
EXECUTIONS = 4
SHOWN = 20
NONE = Target(at_most=0)


async def run(options: Options) -> Report:
    rounds = options.size or ROUNDS
    pushed, shared = "push" not in options.without, "bus" not in options.without
    async with fleet(REPLICAS, pushed=pushed, shared=shared) as running:
        found = await played(running, rounds, first_seed=options.seed, executions=EXECUTIONS)
    stream, bus = ", one stream" if pushed else "", ", one bus" if shared else ""
    what_ran = f"""\
Rounds from seed {options.seed} on; {REPLICAS} replicas, one account{stream}{bus}. In each,
{EXECUTIONS} executions run some seconds, and a socket, an event stream and a long-poll follow each
to its end, coming back at any replica. Meanwhile up to three things fail. Told is right what the
fold of the whole history shows, up to the cursor's event; all events come once and in order. In
the end each replica shows what the fold of all does."""
    return Report(f"{rounds} rounds", what_ran, _figures(found), _notes(found))


def _figures(found: Played) -> list[Figure]:
    return [
        Figure("rounds", [found.rounds], ""),
        Figure("clients", [found.clients], ""),
        Figure("messages", [found.messages], ""),
        Figure("resumptions", [found.resumptions], ""),
        Figure("all have the end, after the last fault", [found.longest_s], "s"),
        Figure("told what isn't so, or not told", [len(found.wrong)], "", NONE),
    ]


def _notes(found: Played) -> list[str]:
    counted = [f"{number} x {kind}" for kind, number in sorted(found.faults.items())]
    return [", ".join(counted), *found.wrong[:SHOWN]]
