"""The edge of authentication: the credential in a request, and the check before its handler.

Where nobody is asked who they are, a request must come from this machine. Where that is said to be
fine, nothing is installed: a request then costs what it costs.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import structlog
from quart import Quart, request
from werkzeug.datastructures import Headers

from service.core import principals
from service.core.errors import Forbidden, TooManyStarts
from service.core.origins import on_this_machine
from service.core.principals import AccessScope, Principal
from service.usecases.authentication import Credential

from .access import ACCESS, METRICS, SIGNED_LINK, Access, Reach
from .principal import SCOPE_KEY
from .services import Services, services
from .shedding import EXEMPT
from .webhooks import verified_webhook

SIGNED = "webhook-signature"
SHUT = "This route can't be used with authentication on."
ELSEWHERE = (
    "Nobody is asked who they are here, so only this machine's own programs and pages may call."
    " Set HANDRAIL_AUTH, or HANDRAIL_AUTH_NONE_IS_FINE."
)


def install_auth(app: Quart, served: Services) -> None:
    """Check every request: who makes it, or else that it is this machine's own."""
    if served.auth is not None:
        app.before_request(_check)
    elif not served.settings.auth_none_is_fine:
        app.before_request(_check_machine)


def from_own_machine(served: Services, headers: Headers, *, any_page: bool = False) -> bool:
    """True also where it needn't be. With `any_page` only the name counts that we are called by."""
    settings = served.settings
    if served.auth is not None or settings.auth_none_is_fine:
        return True
    return on_this_machine(
        None if any_page else headers.get("Origin"),
        headers.get("Host"),
        settings.origins,
        known_as=settings.public_url,
    )


def credential_in(headers: Headers) -> Credential:
    """What the request shows of itself."""
    return Credential.shown(headers.get("Authorization"), headers.get("X-Api-Key"))


def at_expiry(who: Principal | None, end: Callable[[], None]) -> Callable[[], None]:
    """Call `end` once the credential expires. Answers what stops waiting for that."""
    if who is None or who.expires_at is None:
        return _nothing
    left_s = (who.expires_at - datetime.now(UTC)).total_seconds()
    return asyncio.get_running_loop().call_later(max(0.0, left_s), end).cancel


def _nothing() -> None:
    """There is nothing to stop."""


async def _check_machine() -> None:
    """Raises Forbidden."""
    if request.path in EXEMPT:
        return
    signed = request.url_rule is not None and ACCESS.get(request.url_rule.rule) is SIGNED_LINK
    if not from_own_machine(services(), request.headers, any_page=signed):
        raise Forbidden(ELSEWHERE)


async def _check() -> None:
    """Raises Unauthenticated, CredentialExpired, Forbidden, TooManyStarts, and what the handler
    would raise for what doesn't exist where the principal can't see it."""
    rule = request.url_rule
    if rule is None or request.method == "OPTIONS":
        return
    served, access = services(), ACCESS.get(rule.rule)
    if access is None:
        raise Forbidden(SHUT)
    if access.reach is Reach.PUBLIC or (access is METRICS and served.settings.metrics_public):
        return
    if access.webhook and SIGNED in request.headers and await verified_webhook(request):
        return
    assert served.auth is not None  # noqa: S101 - installed only then
    who = await served.auth.principal_of(credential_in(request.headers))
    structlog.contextvars.bind_contextvars(principal=who.name)
    cast(dict[str, Any], request.scope)[SCOPE_KEY] = who
    authorize(who, access, served)
    if access.scope is AccessScope.START:
        _take_start(who, served)


def _take_start(who: Principal, served: Services) -> None:
    """Raises TooManyStarts."""
    if (wait_s := served.starts.take(who.name, asyncio.get_running_loop().time())) > 0:
        raise TooManyStarts(
            f"A caller may start {served.settings.principal_starts_per_s:g} executions a second"
            " here.",
            retry_after_s=wait_s,
        )


def authorize(who: Principal, access: Access, served: Services) -> None:
    """Raises Forbidden, StateMachineNotFound, ExecutionNotFound."""
    scope, named = access.scope, request.view_args or {}
    match access.reach:
        case Reach.MACHINE:
            principals.check_machine(who, scope, str(named["machine"]))
        case Reach.EXECUTION:
            principals.check_execution(who, scope, str(named["execution"]))
        case Reach.TRIGGERED:
            machine = f"orchestration-{served.settings.environment}"
            principals.check_machine(who, scope, machine)
        case Reach.QUERY if machines := request.args.getlist("state_machine"):
            for machine in machines:
                principals.check_machine(who, scope, machine)
        case Reach.QUERY | Reach.SOMEWHERE:
            principals.check_somewhere(who, scope)
        case Reach.EVERYWHERE:
            principals.check_everywhere(who, scope)
        case Reach.PUBLIC:
            return
