"""The pages: the catalogue and live view at `/`, the API's documents at `/docs`."""

from collections.abc import Mapping
from typing import cast
from urllib.parse import urlsplit

from quart import Blueprint, Response, current_app
from quart_schema import hide

from handrail.web.caching import revalidated
from handrail.web.quart_patches.deadlines import App
from handrail.web.services import services

pages = Blueprint("pages", __name__)

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), usb=()",
}


@pages.get("/")
@hide
async def show_page() -> Response:
    """Answers the page; nothing is loaded from elsewhere."""
    served = services()
    provider = await served.auth.sign_in.document() if served.auth.sign_in else None
    asked = provider["token_endpoint"] if provider else None
    session = {"asks": served.auth.asks, "provider": provider, "news": served.news.configured}
    data = {"session": session}
    return await _page("index.html", data, policy(served.addresses.socket_url, asked))


@pages.get("/docs")
@hide
async def show_documents() -> Response:
    """Answers the page that draws the API's documents."""
    return await _page("docs.html", {}, policy(services().addresses.socket_url))


async def _page(name: str, data: Mapping[str, object], allowed: str) -> Response:
    edition = cast(App, current_app).site.edition()
    response = await revalidated(edition.page(name, data), "text/html")
    response.headers.update(HEADERS)
    response.headers["Content-Security-Policy"] = allowed
    return response


def policy(socket_url: str | None, token_endpoint: str | None = None) -> str:
    """What a page may do. Its token goes into its socket, so where that lives elsewhere it may
    connect there; and where it signs in, to the provider's endpoint for tokens. Without a socket
    elsewhere browsers differ on whether 'self' covers sockets."""
    sockets = _origin(socket_url) if socket_url else "ws: wss:"
    provider = f" {_origin(token_endpoint)}" if token_endpoint else ""
    return f"{POLICY}; connect-src 'self' {sockets}{provider}"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
