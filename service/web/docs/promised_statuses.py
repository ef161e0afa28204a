"""Tells which failures an operation may answer, by what its route is: nobody lists them by hand, so
that none is forgotten. The tests hold every answer they see against it."""

from handrail.core.access.principals import AccessScope
from handrail.web.access import Access, Reach
from handrail.web.quart_patches.shedding import EXEMPT

EVERYWHERE = frozenset({400, 431, 500, 503})
ANSWERED_BY_US = frozenset({403, 504})
"""Of what isn't asked by load balancers: who may call at all, and how long it may take."""

WITH_A_BODY = frozenset({408, 413, 415})
FROM_AWS = frozenset({501, 502})
OF_SOMETHING = frozenset({404, 409})
OF_AN_EXECUTION = frozenset({410})
RAW = "/v1/task-tokens/"
NARROWING = ("/v1/tokens", "/v1/ws-tickets")
"""Whose bodies name what is to be opened."""

STATUS_CHANGES = "/v1/events/aws"
SIGNED = ("/v1/webhooks/", "/v1/executions/<execution:execution>/tasks/", STATUS_CHANGES)
"""Where a signature, or a key of its own, comes along, which must be good then."""


def failures(rule: str, access: Access, method: str, *, reads: bool) -> frozenset[int]:
    """The statuses, for a route's pattern. `reads` where the request has values to be checked, as
    the query of each route that isn't public."""
    if rule in EXEMPT:
        return EVERYWHERE
    found = EVERYWHERE | ANSWERED_BY_US | FROM_AWS
    post, closed = method == "POST", access.reach is not Reach.PUBLIC
    if post:
        found |= WITH_A_BODY
    if reads or closed:
        found |= {422}
    if closed or rule.startswith(SIGNED):  # what is shown must be good where nobody is asked, too
        found |= {401}
    if _names_something(rule, access):
        found |= OF_SOMETHING
    if "<execution:" in rule or "<path:signed>" in rule or rule.startswith(RAW):
        found |= OF_AN_EXECUTION
    if _shared(access, post=post) or rule == STATUS_CHANGES:
        found |= {429}
    return found


def _names_something(rule: str, access: Access) -> bool:
    named = access.reach in {Reach.MACHINE, Reach.EXECUTION, Reach.QUERY, Reach.TRIGGERED}
    return named or "<" in rule or rule.startswith((RAW, *NARROWING))


def _shared(access: Access, *, post: bool) -> bool:
    """Whether it takes from the caller's share of sockets, watches, starts or tickets."""
    of_somewhere = access.reach is Reach.SOMEWHERE and post
    return access.scope is AccessScope.START or access.reach is Reach.EXECUTION or of_somewhere
