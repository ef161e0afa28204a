"""Counting what is answered."""

from quart import Quart, Response, request

from .services import services

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def observe(app: Quart) -> None:
    """Count each answer by route pattern, not by path: paths and methods are the callers' to
    choose, and a metric's labels must stay few."""
    app.after_request(_count)


async def _count(response: Response) -> Response:
    rule = request.url_rule.rule if request.url_rule else "unmatched"
    method = request.method if request.method in METHODS else "other"
    services().metrics.request(rule, method, response.status_code)
    return response
