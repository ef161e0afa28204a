"""The pages: the catalogue and live view at `/`, the API's documents at `/docs`."""

from quart import Blueprint, Response, current_app
from quart_schema import hide

pages = Blueprint("pages", __name__)

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self' ws: wss:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


@pages.get("/")
@hide
async def index() -> Response:
    """The catalogue, a start form, and one execution live."""
    return await _page("index.html")


@pages.get("/docs")
@hide
async def docs() -> Response:
    """The OpenAPI and AsyncAPI documents, readable; nothing is loaded from elsewhere."""
    return await _page("docs.html")


async def _page(name: str) -> Response:
    response = await current_app.send_static_file(name)
    response.headers.update(HEADERS)
    return response
