"""The pages: the catalogue and live view at `/`, the API's documents at `/docs`."""

from urllib.parse import urlsplit

from quart import Blueprint, Response, current_app
from quart_schema import hide

from handrail.web.services import services

pages = Blueprint("pages", __name__)

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


@pages.get("/", defaults={"name": "index.html"})
@pages.get("/docs", defaults={"name": "docs.html"})
@hide
async def page(name: str) -> Response:
    """Answers a page; nothing is loaded from elsewhere."""
    response = await current_app.send_static_file(name)
    response.headers.update(HEADERS)
    response.headers["Content-Security-Policy"] = policy(services().addresses.socket_url)
    return response


def policy(socket_url: str | None) -> str:
    """What a page may do. Its token goes into its socket, so where that lives elsewhere it may
    connect there and nowhere else; without, browsers differ on whether 'self' covers sockets."""
    if socket_url is None:
        return f"{POLICY}; connect-src 'self' ws: wss:"
    there = urlsplit(socket_url)
    return f"{POLICY}; connect-src 'self' {there.scheme}://{there.netloc}"
