"""The Quart application over ready-made services."""

from quart import Quart

from . import problems
from .asgi import BoundedWebsocketConnection
from .catalogue import catalogue
from .converters import ExecutionConverter
from .events import events
from .executions import executions
from .health import health
from .http import HttpConnection
from .openapi import document
from .pages import pages
from .services import Services, install
from .sockets import sockets
from .tasks import tasks


def create_app(services: Services) -> Quart:
    """An app that owns nothing: whoever made the services closes them."""
    app = Quart("service.web", static_folder="static", static_url_path="/static")
    app.config["MAX_CONTENT_LENGTH"] = services.settings.max_body_bytes
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = True
    app.asgi_http_class = HttpConnection
    app.asgi_websocket_class = BoundedWebsocketConnection
    app.url_map.converters["execution"] = ExecutionConverter
    install(app, services)
    document(app)
    problems.register(app)
    for blueprint in (catalogue, executions, tasks, events, sockets, health, pages):
        app.register_blueprint(blueprint)
    return app
