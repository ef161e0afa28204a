"""Who makes the running request, once that is known."""

from typing import Any, cast

from quart import request

from service.core.principals import AccessScope, Principal

SCOPE_KEY = "handrail.principal"


def principal() -> Principal | None:
    """Who makes the running request; None where nobody is asked, or a signature stands for them."""
    return cast("Principal | None", cast(dict[str, Any], request.scope).get(SCOPE_KEY))


def principal_name() -> str | None:
    """Whose share of what all share the running request takes from; None for nobody's."""
    who = principal()
    return who.name if who is not None else None


def may_see(scope: AccessScope, machine: str) -> bool:
    """Whether the running request's principal may do this to that state machine; for lists."""
    who = principal()
    return who is None or who.may(scope, machine)
