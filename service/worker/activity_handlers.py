"""Registers which function serves which activity: what a worker module writes."""

import contextlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any, TypeVar

from handrail.core.definition.machine_file import stage_names
from handrail.core.definition.substitution import fill
from handrail.core.limits import check_name

Handler = Callable[..., Any]
Decorated = TypeVar("Decorated", bound=Handler)


@dataclass(frozen=True, slots=True)
class Task:
    """What a handler is told besides its input. Its token is the worker's business alone."""

    activity: str
    worker: str
    execution: str | None = None
    _over: Event = field(default_factory=Event, repr=False)

    @property
    def over(self) -> bool:
        """Whether nobody waits for the result any more: the task timed out, its execution ended,
        or the worker stops. A plain function looks here, a coroutine is cancelled."""
        return self._over.is_set()


@dataclass(frozen=True, slots=True)
class Registration:
    """One activity's handler. `heartbeat_s` is None where the worker's own pace will do."""

    activity: str
    handler: Handler
    takes_task: bool
    heartbeat_s: float | None = None

    @property
    def is_async(self) -> bool:
        return inspect.iscoroutinefunction(self.handler)


class Worker:
    """The activities that one process serves, by name."""

    def __init__(self) -> None:
        self._registrations: dict[str, Registration] = {}

    def activity(
        self, name: str, *, heartbeat_s: float | None = None
    ) -> Callable[[Decorated], Decorated]:
        """Serve an activity with the decorated `f(input)` or `f(input, task)`.

        `input` is the parsed JSON; what is returned must be JSON, what is raised fails the task
        under the exception's name. A plain function runs in a thread. `name` may be an ARN and may
        hold `${ENVIRONMENT}` and `${SUFFIX}`. `heartbeat_s` is how often AWS is told that the task
        is worked on: a third of the state's HeartbeatSeconds, at most. Raises ValueError for a name
        that is taken and a pace that is none, TypeError for a function that can't be called so.
        """
        if name in self._registrations:
            raise ValueError(f"The activity {name} has a handler already.")
        if heartbeat_s is not None and not heartbeat_s > 0:
            raise ValueError(f"{name}: heartbeat_s must be above 0.")

        def register(handler: Decorated) -> Decorated:
            takes_task = _takes_task(handler)
            self._registrations[name] = Registration(name, handler, takes_task, heartbeat_s)
            return handler

        return register

    def registrations(self, environment: str) -> Mapping[str, Registration]:
        """By full name. Raises InvalidName, and InvalidDefinition for an unknown `${…}`."""
        named: dict[str, Registration] = {}
        for given, registration in self._registrations.items():
            name = fill(given, stage_names(environment))
            short = name.rpartition(":")[2] if name.startswith("arn:") else name
            check_name(short)
            named[name] = replace(registration, activity=short)
        return named


def _takes_task(handler: Handler) -> bool:
    """Whether it is called as f(input, task), else as f(input). Raises TypeError for neither."""
    for arguments in ((None, None), (None,)):
        with contextlib.suppress(ValueError, TypeError):  # a builtin may have no signature
            inspect.signature(handler).bind(*arguments)
            return len(arguments) > 1
    raise TypeError(f"{handler!r} can't be called as f(input) or f(input, task).")
