"""The Quart application over ready-made services."""

from quart import Quart
from werkzeug.routing import BaseConverter

from . import problems
from .auth import install_auth
from .docs.openapi import document
from .quart_patches.deadlines import App
from .quart_patches.http_connection import HttpConnection
from .quart_patches.websocket_connection import BoundedWebsocketConnection
from .routes.callbacks import callbacks
from .routes.catalogue import catalogue
from .routes.events import events
from .routes.executions import executions
from .routes.health import health
from .routes.pages import pages
from .routes.sockets import sockets
from .routes.states import states
from .routes.tasks import links, tasks
from .services import EXTENSION, Services

BLUEPRINTS = (
    catalogue,
    executions,
    states,
    tasks,
    events,
    sockets,
    links,
    callbacks,
    health,
    pages,
)


class ExecutionConverter(BaseConverter):
    """An execution's id in a path: `machine:name`, `machine/label:name` (a Map Run's child), or a
    full ARN. What it names is decided later."""

    regex = r"[^/]+(?:/[^/:]+:[^/]+)?"
    part_isolating = False


def create_app(services: Services) -> Quart:
    """An app that owns nothing: whoever made the services closes them."""
    app = App("service.web", static_folder="static", static_url_path="/static")
    app.config["MAX_CONTENT_LENGTH"] = services.options.max_body_bytes
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = True
    app.asgi_http_class = HttpConnection
    app.asgi_websocket_class = BoundedWebsocketConnection
    app.url_map.merge_slashes = False  # it redirects, signed links and their secrets too
    app.url_map.converters["execution"] = ExecutionConverter
    app.extensions[EXTENSION] = services
    document(app)
    problems.register(app)
    install_auth(app, services)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app
