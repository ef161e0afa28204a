"""Writes an audit line, `audit: true`, for each request that changes something, whatever becomes of
it, and for each refused access: who, what, about which execution, with what outcome, from where.
No line has a payload, a token, a link or a signature.

A handler says what it did as soon as it is done (`done`); what fails, or is refused, is seen by its
answer (`answered`), before that goes out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import structlog
from quart import request
from quart.wrappers import Request, Websocket

from handrail.core.access.principals import AccessScope, Principal
from handrail.core.access.remote_address import remote_address
from handrail.core.models import ExecutionId
from handrail.core.protocol.close_codes import CloseCode

from .access import EXECUTION, NEWS, TASK, access_of
from .auth import PRINCIPAL
from .path_names import FAILED, path_names
from .request_record import RequestRecord, record
from .services import EXTENSION, Services, services

log = structlog.get_logger(__name__)

BROKEN = 500
REFUSED = frozenset({401, 403})
REFUSAL = "access refused"
CHANGES = frozenset({"POST", "DELETE"})


@dataclass(frozen=True, slots=True)
class Action:
    """What a request asks for, and what its line says once that is done: for the first time, or
    `again` where it was done before."""

    name: str
    done: str
    again: str | None = None


START = Action("start", "execution started", "start repeated")
SETTLE = Action("settle", "task settled")
HEARTBEAT = Action("heartbeat", "task heartbeat")
ACTIONS: Mapping[str, Action] = {
    "/v1/state-machines/<machine>/executions": START,
    "/v1/state-machines/<machine>/sync-executions": Action("start", "execution ran"),
    "/trigger-workflow": Action("start", "workflow triggered", "start repeated"),
    f"{EXECUTION}/replay": Action("replay", "execution replayed", "start repeated"),
    f"{EXECUTION}/stop": Action("stop", "execution stopped", "execution had ended"),
    f"{EXECUTION}/redrive": Action("redrive", "execution redriven"),
    f"{TASK}/success": SETTLE,
    f"{TASK}/failure": SETTLE,
    f"{TASK}/heartbeat": HEARTBEAT,
    "/v1/task-tokens/success": SETTLE,
    "/v1/task-tokens/failure": SETTLE,
    "/v1/task-tokens/heartbeat": HEARTBEAT,
    "/v1/callbacks/<path:signed>": SETTLE,
    "/v1/webhooks/<execution:execution>/<int:event_id>": SETTLE,
    "/v1/events/aws": Action("take status change", "status change taken", "status change repeated"),
    f"{TASK}/links": Action("make link", "link made"),
    "/v1/ws-tickets": Action("make ticket", "ticket made"),
    "/v1/tokens": Action("make token", "token made"),
    f"{NEWS}/retry": Action("retry news", "news to be sent again"),
    NEWS: Action("drop news", "news dropped"),
}
"""By the pattern of the route, which takes POST or DELETE."""


def done(execution: ExecutionId | None = None, *, again: bool = False, **facts: Any) -> None:
    """Says that the running request has done what it asked for; `again` where that was done before.
    Facts that are None are left out."""
    asked = cast(Request, cast(Any, request)._get_current_object())  # each look through it costs
    kept, served, rule = record(), services(), asked.url_rule
    assert rule is not None  # noqa: S101 - a handler runs for a route
    action = ACTIONS[rule.rule]
    if execution is not None:
        kept.execution = str(execution)
        facts |= {"execution": str(execution), "execution_arn": _arn(served, execution)}
    kept.audited = True
    event = action.again if again and action.again else action.done
    outcome = "repeated" if again else "done"
    _write(log.info, event, served, asked, action=action.name, outcome=outcome, **facts)


def answered(extensions: Mapping[str, Any], asked: Request, kept: RequestRecord) -> None:
    """Writes the line of a request that is being answered with the record's status, where it needs
    one and has none. `extensions` are its app's."""
    rule, status = asked.url_rule, kept.status
    if kept.audited or status is None:
        return
    action = ACTIONS.get(rule.rule) if rule is not None and asked.method in CHANGES else None
    refused = status in REFUSED
    if action is None and not refused:
        return
    kept.audited, served = True, cast(Services, extensions[EXTENSION])
    access = access_of(extensions, rule) if rule is not None else None
    facts = {
        "action": action.name if action else access.scope.value if access else None,
        "outcome": kept.code or ("done" if status < FAILED else str(status)),
        "status": status,
        "route": rule.rule if rule is not None else None,
        **_named(served, asked, status),
    }
    if refused:
        _write(log.warning, REFUSAL, served, asked, **facts)
    elif action is not None:
        event = action.done if status < FAILED else f"{action.name} failed"
        _write(log.warning if status >= BROKEN else log.info, event, served, asked, **facts)


def socket_refused(
    served: Services, asked: Websocket, code: CloseCode, who: Principal | None
) -> None:
    """Writes the line of a socket that was let in by the server and then closed with this code."""
    rule, name = asked.url_rule, who.name if who is not None else None
    route = rule.rule if rule is not None else None
    facts = {"outcome": code.name.lower(), "code": int(code), "route": route, "principal": name}
    _write(log.warning, REFUSAL, served, asked, action=AccessScope.READ.value, **facts)


def _write(
    say: Callable[..., Any], event: str, served: Services, asked: Request | Websocket, **facts: Any
) -> None:
    scope = cast(dict[str, Any], asked.scope)
    who, client = cast("Principal | None", scope.get(PRINCIPAL)), scope.get("client")
    peer, proxies = client[0] if client else None, served.options.proxies
    forwarded = asked.headers.getlist("X-Forwarded-For") if proxies else ()
    facts["remote"] = remote_address(peer, forwarded, proxies=proxies)
    facts.setdefault("principal", who.name if who is not None else None)
    known = {name: fact for name, fact in facts.items() if fact is not None and fact != ""}
    say(event, audit=True, **known)


def _named(served: Services, asked: Request, status: int) -> dict[str, str | None]:
    """What the path names, and may be told."""
    names = path_names(served.catalogue.known_name, asked.view_args, status)
    found: dict[str, str | None] = {"state_machine": names.state_machine}
    if (id := names.execution) is not None:
        found |= {"execution": str(id), "execution_arn": _arn(served, id)}
    return found


def _arn(served: Services, id: ExecutionId) -> str | None:
    """None where no state machine has told yet which account this is."""
    account = served.catalogue.known_account()
    return account.execution_arn(id) if account is not None else None
