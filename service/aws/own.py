"""Calls about what is this service's own: its table, its queue, its WebSocket API.

Nothing a caller says decides whether AWS finds such a request valid, or its target there. Where it
doesn't, the deployment is wrong: that is told to the operator, loudly, and to nobody else.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from service.aws.errors import translated
from service.core.errors import Conflict, ConnectionGone, InvalidRequest, NotFound, UpstreamRefused

Answer = TypeVar("Answer")

log = structlog.get_logger(__name__)


async def about_own(target: str, operation: str, call: Callable[[], Awaitable[Answer]]) -> Answer:
    """Make a call to `target`: a table's name, a queue's or an endpoint's URL.

    Raises UpstreamRefused where there is no such target or it isn't what this service needs.
    """
    try:
        with translated(operation):
            return await call()
    except ConnectionGone:
        raise
    except (NotFound, InvalidRequest, Conflict) as error:
        log.error("aws resource unusable", target=target, operation=operation, code=error.code)
        raise UpstreamRefused(
            "What this service uses at AWS isn't there as configured; its operator has been told."
        ) from error.__cause__
