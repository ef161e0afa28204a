"""What each route asks for: one row a route, REST and WebSocket. A route without a row is shut.

A row names a scope and where in the request the state machine is found that it must cover.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from service.core.principals import AccessScope


class Reach(StrEnum):
    """Which state machine a request is about."""

    PUBLIC = "public"
    """None: the route tells nothing, or carries a credential of its own."""

    MACHINE = "machine"
    """The one in the path."""

    EXECUTION = "execution"
    """That of the execution in the path."""

    QUERY = "query"
    """The one in `?state_machine=`; without it as SOMEWHERE."""

    TRIGGERED = "triggered"
    """The tutorial's: `orchestration-${ENVIRONMENT}`."""

    SOMEWHERE = "somewhere"
    """Any: the handler shows each principal what it may see."""

    EVERYWHERE = "everywhere"
    """All of them: it can't be known which, so a limit to some doesn't do."""


@dataclass(frozen=True, slots=True)
class Access:
    """`webhook`: a verified signature stands for the principal, for the task in the path."""

    reach: Reach
    scope: AccessScope = AccessScope.READ
    webhook: bool = False


PUBLIC = Access(Reach.PUBLIC)
SIGNED_LINK = Access(Reach.PUBLIC)
"""Its own credential; it judges by itself whose pages may answer."""

METRICS = Access(Reach.EVERYWHERE, AccessScope.READ)
"""Public where the settings say so."""

SETTLE = Access(Reach.EXECUTION, AccessScope.COMPLETE, webhook=True)
BY_TOKEN = Access(Reach.EVERYWHERE, AccessScope.COMPLETE)
EXECUTION = "/v1/executions/<execution:execution>"
TASK = f"{EXECUTION}/tasks/<int:event_id>"

ACCESS: Mapping[str, Access] = {
    "/": PUBLIC,
    "/static/<path:filename>": PUBLIC,
    "/docs": PUBLIC,
    "/openapi.json": PUBLIC,
    "/asyncapi.json": PUBLIC,
    "/healthz": PUBLIC,
    "/readyz": PUBLIC,
    "/metrics": METRICS,
    "/v1/ws-tickets": Access(Reach.SOMEWHERE, AccessScope.READ),
    "/v1/state-machines": Access(Reach.SOMEWHERE, AccessScope.READ),
    "/v1/state-machines/<machine>": Access(Reach.MACHINE, AccessScope.READ),
    "/v1/state-machines/<machine>/executions": Access(Reach.MACHINE, AccessScope.START),
    "/v1/state-machines/<machine>/sync-executions": Access(Reach.MACHINE, AccessScope.START),
    "/trigger-workflow": Access(Reach.TRIGGERED, AccessScope.START),
    "/v1/executions": Access(Reach.QUERY, AccessScope.READ),
    EXECUTION: Access(Reach.EXECUTION, AccessScope.READ),
    f"{EXECUTION}/events": Access(Reach.EXECUTION, AccessScope.READ),
    f"{EXECUTION}/stream": Access(Reach.EXECUTION, AccessScope.READ),
    f"{EXECUTION}/stop": Access(Reach.EXECUTION, AccessScope.OPERATE),
    f"{EXECUTION}/redrive": Access(Reach.EXECUTION, AccessScope.OPERATE),
    f"{EXECUTION}/tasks": Access(Reach.EXECUTION, AccessScope.READ),
    f"{TASK}/success": SETTLE,
    f"{TASK}/failure": SETTLE,
    f"{TASK}/heartbeat": SETTLE,
    f"{TASK}/links": Access(Reach.EXECUTION, AccessScope.COMPLETE),
    "/v1/task-tokens/success": BY_TOKEN,
    "/v1/task-tokens/failure": BY_TOKEN,
    "/v1/task-tokens/heartbeat": BY_TOKEN,
    "/v1/callbacks/<path:signed>": SIGNED_LINK,
    "/v1/webhooks/<execution:execution>/<int:event_id>": PUBLIC,
    "/v1/ws": Access(Reach.SOMEWHERE, AccessScope.READ),
    f"{EXECUTION}/ws": Access(Reach.EXECUTION, AccessScope.READ),
}
"""By the rule's pattern, as it stands in the route."""
