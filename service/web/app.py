"""The Quart application over ready-made services."""

from quart import Quart

from . import problems
from .asgi import BoundedWebsocketConnection
from .auth import install_auth
from .callbacks import callbacks
from .catalogue import catalogue
from .converters import ExecutionConverter
from .cors import EXTENSION as SHARING
from .cors import Sharing
from .deadlines import App
from .events import events
from .executions import executions
from .health import health
from .http import HttpConnection
from .links import links
from .openapi import document
from .pages import pages
from .services import Services, install
from .shedding import EXTENSION as SHEDDER
from .shedding import Shedder
from .sockets import sockets
from .tasks import tasks
from .tickets import tickets
from .trigger import trigger
from .webhooks import webhooks


def create_app(services: Services) -> Quart:
    """An app that owns nothing: whoever made the services closes them."""
    settings = services.settings
    app = App("service.web", static_folder="static", static_url_path="/static")
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    app.config["BODY_TIMEOUT"] = settings.request_timeout_s
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = True
    app.asgi_http_class = HttpConnection
    app.asgi_websocket_class = BoundedWebsocketConnection
    app.url_map.merge_slashes = False  # it redirects, signed links and their secrets too
    app.url_map.converters["execution"] = ExecutionConverter
    install(app, services)
    app.extensions[SHEDDER] = Shedder(
        max_active=settings.max_concurrent_requests, max_waiting=settings.ws_max_sockets
    )
    app.extensions[SHARING] = Sharing(settings.origins)
    document(app)
    problems.register(app)
    install_auth(app, services)
    for blueprint in (catalogue, executions, tasks, events, sockets, health, pages, trigger):
        app.register_blueprint(blueprint)
    for blueprint in (links, callbacks, webhooks, tickets):
        app.register_blueprint(blueprint)
    return app
