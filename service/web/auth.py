"""Authenticates requests before their handlers. With authentication off, a request must come from
this machine, unless the settings allow any; a token of this service limits it all the same."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import structlog
from quart import Quart, current_app, request
from quart.wrappers import Request, Websocket

from handrail.core.access import principals
from handrail.core.access.origins import is_loopback, on_this_machine
from handrail.core.access.principals import (
    ANYBODY,
    EMPTY,
    AccessScope,
    Credential,
    Principal,
)
from handrail.core.errors import Forbidden, TooManyStarts

from .access import METRICS, SIGNED_LINK, Access, Reach, access_of
from .quart_patches.shedding import EXEMPT
from .services import Services, services

PRINCIPAL = "handrail.principal"  # the principal's key in the ASGI scope
REPLAYING = (AccessScope.READ, AccessScope.START)
SHUT = "This route can't be used with authentication on."
ELSEWHERE = (
    "Authentication is off, so only programs on this machine may call."
    " Set HANDRAIL_AUTH, or HANDRAIL_ALLOW_UNAUTHENTICATED."
)


def install_auth(app: Quart, served: Services) -> None:
    if not (served.auth.asks or served.options.allow_unauthenticated):
        app.before_request(_check_machine)
    app.before_request(_authenticate)


def principal() -> Principal | None:
    """Who makes the running request; None with authentication off, or for a signed webhook."""
    return cast("Principal | None", cast(dict[str, Any], request.scope).get(PRINCIPAL))


def caller() -> Principal:
    """Who makes the running request, ANYBODY where nobody is asked. Raises Forbidden where somebody
    should have been, so that no credential is ever made for whom nobody knows."""
    who = principal()
    if who is None and services().auth.asks:
        raise Forbidden(SHUT)
    return who or ANYBODY


def principal_name() -> str | None:
    """Whose share of the common limits the running request takes from; None for nobody's."""
    who = principal()
    return who.share if who is not None else None


def log_as(who: Principal) -> None:
    """Have the log lines of this request or socket say who it is."""
    if who.name:
        structlog.contextvars.bind_contextvars(principal=who.name)


def may_see(scope: AccessScope, machine: str) -> bool:
    """Whether the running request's principal may do this to that state machine; for lists."""
    who = principal()
    return who is None or who.may(scope, machine)


def from_own_machine(
    served: Services, asked: Request | Websocket, *, any_page: bool = False
) -> bool:
    """True also where it needn't be. With `any_page` only the name counts that we are called by,
    and the address we are called from. Where the server tells none, its peer is a local one."""
    options, headers = served.options, asked.headers
    if served.auth.asks or options.allow_unauthenticated:
        return True
    address = (cast(dict[str, Any], asked.scope).get("client") or (None,))[0]
    if address is not None and not is_loopback(address):
        return False
    origin, host = None if any_page else headers.get("Origin"), headers.get("Host")
    return on_this_machine(origin, host, options.origins)


def at_expiry(who: Principal | None, end: Callable[[], None]) -> Callable[[], None]:
    """Call `end` once the credential expires. Answers what stops waiting for that."""
    if who is None or who.expires_at is None:
        return lambda: None
    return asyncio.get_running_loop().call_later(seconds_left(who.expires_at), end).cancel


def seconds_left(until: datetime) -> float:
    return max(0.0, (until - datetime.now(UTC)).total_seconds())


async def _check_machine() -> None:
    rule = request.url_rule
    signed = rule is not None and access_of(current_app.extensions, rule) is SIGNED_LINK
    here = from_own_machine(services(), request, any_page=signed)
    if request.path not in EXEMPT and not here:
        raise Forbidden(ELSEWHERE)


async def _authenticate() -> None:
    """Raises Unauthenticated, CredentialExpired, Forbidden, TooManyStarts, and NotFound for what
    the principal can't see."""
    rule = request.url_rule
    if rule is None or request.method == "OPTIONS":
        return
    served, access = services(), access_of(current_app.extensions, rule)
    if access is None:
        if served.auth.asks:
            raise Forbidden(SHUT)
        return
    if access.reach is Reach.PUBLIC or (access is METRICS and served.options.metrics_public):
        return
    signature = access.webhook and "webhook-signature" in request.headers
    if signature and await served.signatures.signed(request):
        return
    query = request.args if access.in_address else EMPTY
    bearer, key = request.headers.get("Authorization"), request.headers.get("X-Api-Key")
    who = await served.auth.principal_of(Credential.shown(bearer, key, query))
    if who is None:
        return
    log_as(who)
    cast(dict[str, Any], request.scope)[PRINCIPAL] = who
    _authorize(who, access, served)
    if access.scope is AccessScope.START and who.share:
        _take_start(who.share, served)


def _take_start(share: str, served: Services) -> None:
    wait_s = served.starts.take(share, asyncio.get_running_loop().time())
    if wait_s > 0:
        served.metrics.start(None, "refused")
        limit = served.options.principal_starts_per_s
        detail = f"A caller may start {limit:g} executions a second here."
        raise TooManyStarts(detail, retry_after_s=wait_s)


def _authorize(who: Principal, access: Access, served: Services) -> None:
    scope, named = access.scope, request.view_args or {}
    match access.reach:
        case Reach.MACHINE:
            principals.check_machine(who, scope, str(named["machine"]))
        case Reach.EXECUTION | Reach.REPLAYED:
            for needed in REPLAYING if access.reach is Reach.REPLAYED else (scope,):
                principals.check_execution(who, needed, str(named["execution"]))
        case Reach.TRIGGERED:
            principals.check_machine(who, scope, served.options.trigger_machine)
        case Reach.QUERY if machines := request.args.getlist("state_machine"):
            for machine in machines:
                principals.check_machine(who, scope, machine)
        case Reach.QUERY | Reach.SOMEWHERE:
            principals.check_somewhere(who, scope)
        case Reach.EVERYWHERE:
            principals.check_everywhere(who, scope)
        case Reach.PUBLIC | Reach.SIGNED_IN:
            return
