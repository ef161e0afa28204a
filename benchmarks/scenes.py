"""The scenes of the read budget: what is played, how large, and the figures aimed at."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .figures import Target

SOON = Target(at_most=1)
ALL = Target(at_least=100)
NONE = Target(at_most=0)
SETTLING = {"settle, max": SOON, "settle, answered": ALL}


@dataclass(frozen=True, slots=True)
class Scene:
    """`plan` is what its executions do (`processes.plans`), `quick_plan` a shorter one. What
    isn't seen within `limit_s` is no longer waited for; `calm_s` is for what lasts a fixed time.
    `targets` are by the figure's name, for a scene of its own `size` under the `large` quotas."""

    title: str
    what_ran: str
    size: int
    plan: str = "waits"
    quick_plan: str = "waits"
    calm_s: float = 30
    limit_s: float = 300
    targets: Mapping[str, Target] = field(default_factory=dict)
    bus_targets: Mapping[str, Target] = field(default_factory=dict)
    """In place of those, where there is a bus."""


LIVE = """\
Executions of one machine: 30 states in 60 s, 152 events, started over the first 10 s; 3 sockets
each, opened as it starts. Lateness is from the moment an event is visible at the endpoint to the
arrival of the message that covers it, the wait for the first snapshot included. Meanwhile, once a
second, somebody looks at one of the executions and settles a task that the service hasn't seen. Of
several replicas one is killed in the middle; its sockets come back to the others at once."""

IDLE = """\
Executions that wait for a callback, each watched by a socket. Once all have a snapshot: once a
second, somebody looks at one, settles the task of a second and stops a third."""

CALLBACKS = """\
Executions of one machine that wait for a callback, watched by a socket each from a fresh replica.
Meanwhile, once a second, somebody looks at another execution and settles the task of a third."""

RESTART = """\
Executions that wait for a callback, watched by a socket each. Once all have a snapshot the service
is killed and started anew; all sockets come back at once with their cursors. Times are from its
first healthy answer. Meanwhile, every five seconds, somebody looks at another execution and settles
the task of a third: a read each, like every snapshot."""

STRANGERS = """\
20 sockets subscribe to 100 made-up names each and are gone after a second. Then somebody looks at
one execution after another that exists, until an answer takes 2 s at most, and opens a socket."""

LONG = """\
Executions whose histories have 25,000 events of 10 KB on average (with --quick 2,000), watched by a
socket each. Meanwhile /healthz is asked for four times a second. Memory is the service's peak."""

SCENES: Mapping[str, Scene] = {
    "live": Scene(
        "executions that change all the time",
        LIVE,
        size=300,
        plan="steps",
        quick_plan="steps:10:20",
        targets={
            "ends late, max": Target(at_most=5),
            "behind the push, p50": Target(at_most=0.4),
            "behind the push, p99": SOON,
            "reads an execution": SOON,
            "throttled, all": NONE,
            "resumed, max": Target(at_most=3),
            "resumptions that started over": NONE,
            "resets": NONE,
            **SETTLING,
        },
    ),
    "idle": Scene(
        "people beside idle executions",
        IDLE,
        size=200,
        targets={**SETTLING, "look, max": SOON, "stop, max": SOON},
    ),
    "restart": Scene(
        "everybody comes back to a fresh replica",
        RESTART,
        size=300,
        targets={
            "first snapshot": Target(at_most=0.3),
            "snapshots, p50": Target(at_most=8),
            "snapshots, max": Target(at_most=28),
            **SETTLING,
        },
        bus_targets={"snapshots, max": SOON},
    ),
    "strangers": Scene(
        "subscriptions to what doesn't exist",
        STRANGERS,
        size=100,
        targets={"prompt again after": Target(at_most=2)},
    ),
    "callbacks": Scene(
        "one machine's callbacks at a fresh replica",
        CALLBACKS,
        size=600,
        targets={"throttled, all": NONE, **SETTLING},
    ),
    "long": Scene(
        "the longest histories",
        LONG,
        size=100,
        plan="long",
        quick_plan="long:2000",
        limit_s=600,
    ),
}
