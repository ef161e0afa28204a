"""Counting what is answered."""

from quart import Quart, Response, request

from .services import services


def observe(app: Quart) -> None:
    """Count each answer by route pattern, not by path: paths are the callers' to choose."""
    app.after_request(_count)


async def _count(response: Response) -> Response:
    rule = request.url_rule.rule if request.url_rule else "unmatched"
    services().metrics.request(rule, request.method, response.status_code)
    return response
