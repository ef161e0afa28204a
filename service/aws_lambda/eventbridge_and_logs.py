"""Reads EventBridge's status changes and CloudWatch Logs' lines as nudges. Pure.

https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
"""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterable

from pydantic import AliasPath, BaseModel, ConfigDict, Field, ValidationError

from handrail.core.apigateway import Nudge
from handrail.core.pushes import Push, PushedStatus, Unreadable, parse_push, parse_status

from .invocation import Event

ENDINGS = frozenset(
    {"ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"}
)


class LogsEvent(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    data: str = Field(validation_alias=AliasPath("awslogs", "data"), repr=False)


def status_change(event: Event) -> Nudge | None:
    """None for an Express execution, which has no history. Raises Unreadable."""
    return _nudge(parse_status(event))


def logged(event: Event) -> tuple[Push, ...]:
    """Reads the events of executions that have a history; control messages bring none. Raises
    Unreadable."""
    try:
        data = b64decode(LogsEvent.model_validate(event).data, validate=True)
    except (ValidationError, NotBase64, ValueError):
        raise Unreadable("This is no batch of log lines.") from None
    return tuple(push for push in parse_push(data) if not push.execution.express)


def nudges_of(pushes: Iterable[Push]) -> tuple[Nudge, ...]:
    """One an execution."""
    return merged(filter(None, map(_nudge, pushes)))


def merged(nudges: Iterable[Nudge]) -> tuple[Nudge, ...]:
    """Merges nudges into one an execution, which knows what any of them does and was tried as often
    as the least tried."""
    found: dict[str, Nudge] = {}
    for nudge in nudges:
        known = found.get(nudge.execution, nudge)
        newest = max(known.event_id or 0, nudge.event_id or 0)
        ended = known.ended or nudge.ended
        again = min(known.again, nudge.again)
        redrives = max(known.redrives, nudge.redrives)
        found[nudge.execution] = Nudge(nudge.execution, newest or None, ended, again, redrives)
    return tuple(found.values())


def _nudge(push: Push) -> Nudge | None:
    if push.execution.express:
        return None
    if isinstance(push, PushedStatus):
        ended, redrives = push.status.terminal, push.redrive_count
        return Nudge(str(push.execution), ended=ended, redrives=redrives)
    return Nudge(str(push.execution), push.event.id, ended=push.event.type in ENDINGS)
