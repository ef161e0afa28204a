"""Cross-Origin Resource Sharing (the Fetch standard, section 3.2) for origins on the allow-list.

No cookies are used here, so credentials mode is never allowed; a page sends its token in a header.
Without an allow-list none of this is installed.
"""

from quart import Quart, Response, request

from .services import Services

METHODS = "GET, POST"
REQUEST_HEADERS = (
    "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, X-Api-Key, X-Request-Id"
)
EXPOSED = "Location, Retry-After, WWW-Authenticate, X-Request-Id"
MAX_AGE_S = "600"


def install_cors(app: Quart, served: Services) -> None:
    """Before authentication: a preflight carries no credential."""
    allowed = served.settings.origins

    async def preflight() -> Response | None:
        asked = request.headers.get("Access-Control-Request-Method")
        if request.method != "OPTIONS" or asked is None or origin_among(allowed) is None:
            return None
        return Response(
            b"",
            204,
            {
                "Access-Control-Allow-Methods": METHODS,
                "Access-Control-Allow-Headers": REQUEST_HEADERS,
                "Access-Control-Max-Age": MAX_AGE_S,
            },
        )

    async def share(response: Response) -> Response:
        response.headers.add("Vary", "Origin")
        if (origin := origin_among(allowed)) is not None:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = EXPOSED
        return response

    if allowed:
        app.before_request(preflight)
        app.after_request(share)


def origin_among(allowed: frozenset[str]) -> str | None:
    """The request's origin where it is on the list. `null` never is, whatever the list says."""
    origin = request.headers.get("Origin")
    return origin if origin in allowed and origin != "null" else None
