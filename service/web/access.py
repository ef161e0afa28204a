"""Names what each route asks for, REST and WebSocket: a scope, and where in the request the state
machine is found that it must cover. A route without a row is shut."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from werkzeug.routing import Rule

from handrail.core.access.principals import AccessScope


class Reach(StrEnum):
    """Which state machine a request is about."""

    PUBLIC = "public"  # none: the route tells nothing, or carries a credential of its own
    MACHINE = "machine"  # the one in the path
    EXECUTION = "execution"  # that of the execution in the path
    REPLAYED = "replayed"  # that of the execution in the path, which must be readable besides
    QUERY = "query"  # the one in `?state_machine=`; without it as SOMEWHERE
    TRIGGERED = "triggered"  # the tutorial's, `trigger_machine`
    SOMEWHERE = "somewhere"  # any: the handler shows each principal what it may see
    EVERYWHERE = "everywhere"  # all, since it can't be known which: a limit to some doesn't do
    SIGNED_IN = "signed in"  # none: whoever has a credential, whatever it is good for


@dataclass(frozen=True, slots=True)
class Access:
    """`webhook`: a verified signature stands for the principal, for the task in the path.
    `in_address`: a ticket or a token may stand in the query, for browsers' EventSource."""

    reach: Reach
    scope: AccessScope = AccessScope.READ
    webhook: bool = False
    in_address: bool = False


PUBLIC = Access(Reach.PUBLIC)
SIGNED_LINK = Access(Reach.PUBLIC)  # a credential in itself; its route checks whose page answers
METRICS = Access(Reach.EVERYWHERE)  # public where the settings say so
SETTLE = Access(Reach.EXECUTION, AccessScope.COMPLETE, webhook=True)
BY_TOKEN = Access(Reach.EVERYWHERE, AccessScope.COMPLETE)
EXECUTION = "/v1/executions/<execution:execution>"
NEWS = "/v1/news/<path:key>"
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
    "/v1/ws-tickets": Access(Reach.SOMEWHERE),
    "/v1/tokens": Access(Reach.SIGNED_IN),
    "/v1/me": Access(Reach.SIGNED_IN),
    "/v1/state-machines": Access(Reach.SOMEWHERE),
    "/v1/state-machines/<machine>": Access(Reach.MACHINE),
    "/v1/state-machines/<machine>/executions": Access(Reach.MACHINE, AccessScope.START),
    "/v1/state-machines/<machine>/sync-executions": Access(Reach.MACHINE, AccessScope.START),
    "/trigger-workflow": Access(Reach.TRIGGERED, AccessScope.START),
    "/v1/executions": Access(Reach.QUERY),
    "/v1/tasks": Access(Reach.QUERY),
    EXECUTION: Access(Reach.EXECUTION),
    f"{EXECUTION}/visits": Access(Reach.EXECUTION),
    f"{EXECUTION}/items": Access(Reach.EXECUTION),
    f"{EXECUTION}/timeline": Access(Reach.EXECUTION),
    f"{EXECUTION}/trace": Access(Reach.EXECUTION),
    f"{EXECUTION}/events": Access(Reach.EXECUTION),
    f"{EXECUTION}/stream": Access(Reach.EXECUTION, in_address=True),
    f"{EXECUTION}/stop": Access(Reach.EXECUTION, AccessScope.OPERATE),
    f"{EXECUTION}/redrive": Access(Reach.EXECUTION, AccessScope.OPERATE),
    f"{EXECUTION}/replay": Access(Reach.REPLAYED, AccessScope.START),
    f"{EXECUTION}/tasks": Access(Reach.EXECUTION),
    f"{TASK}/success": SETTLE,
    f"{TASK}/failure": SETTLE,
    f"{TASK}/heartbeat": SETTLE,
    f"{TASK}/links": Access(Reach.EXECUTION, AccessScope.COMPLETE),
    "/v1/task-tokens/success": BY_TOKEN,
    "/v1/task-tokens/failure": BY_TOKEN,
    "/v1/task-tokens/heartbeat": BY_TOKEN,
    "/v1/callbacks/<path:signed>": SIGNED_LINK,
    "/v1/webhooks/<execution:execution>/<int:event_id>": PUBLIC,
    "/v1/events/aws": PUBLIC,  # its own key, which stands for nobody
    "/v1/news": Access(Reach.SOMEWHERE),
    NEWS: Access(Reach.SOMEWHERE, AccessScope.OPERATE),  # its handler looks whose news it is
    f"{NEWS}/retry": Access(Reach.SOMEWHERE, AccessScope.OPERATE),
    "/v1/ws": Access(Reach.SOMEWHERE),
    f"{EXECUTION}/ws": Access(Reach.EXECUTION),
}
"""By the rule's pattern, as it stands in the route."""


OWN_ACCESS = "handrail.access"  # among an app's extensions: the rules of routes beside ours


def access_of(extensions: Mapping[str, Any], rule: Rule) -> Access | None:
    """What a route asks for, by its app's extensions; None for one without a row: it is shut."""
    own = cast(Mapping[str, Access], extensions.get(OWN_ACCESS, {}))
    return ACCESS.get(rule.rule) or own.get(rule.rule)
