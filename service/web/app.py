"""The Quart application over ready-made services."""

from collections.abc import Iterable, Mapping

from quart import Blueprint, Quart
from werkzeug.routing import BaseConverter

from . import problems
from .access import ACCESS, OWN_ACCESS, Access, Reach
from .auth import install_auth
from .docs.openapi import document
from .quart_patches.deadlines import App
from .quart_patches.http_connection import HttpConnection
from .quart_patches.websocket_connection import OwnWebsocketConnection
from .queries import install_query_check
from .routes.aws_events import aws_events
from .routes.callbacks import callbacks
from .routes.catalogue import catalogue
from .routes.credentials import credentials
from .routes.events import events
from .routes.executions import executions
from .routes.health import health
from .routes.news import news
from .routes.pages import pages
from .routes.sockets import sockets
from .routes.states import states
from .routes.tasks import links, tasks
from .routes.waiting import waiting
from .services import EXTENSION, Services

NONE: Mapping[str, Access] = {}
IN_PATH = {
    Reach.MACHINE: "<machine>",
    Reach.EXECUTION: "<execution:execution>",
    Reach.REPLAYED: "<execution:execution>",
}
"""What stands in a route's pattern, for its reach to be found there."""
BLUEPRINTS = (
    catalogue,
    executions,
    states,
    tasks,
    waiting,
    news,
    events,
    sockets,
    credentials,
    links,
    callbacks,
    aws_events,
    health,
    pages,
)


class ExecutionConverter(BaseConverter):
    """An execution's id in a path: `machine:name`, `machine/label:name` (a Map Run's child), or a
    full ARN. What it names is decided later."""

    regex = r"[^/]+(?:/[^/:]+:[^/]+)?"
    part_isolating = False


def create_app(
    services: Services, blueprints: Iterable[Blueprint] = (), access: Mapping[str, Access] = NONE
) -> Quart:
    """An app that owns nothing: whoever made the services closes them. The blueprints are served
    beside ours; `access` has what each of their routes asks for, by its full pattern. Raises
    ValueError where one has no row there, lacks what its row reaches for, takes one of our paths,
    or is a WebSocket."""
    app = App("handrail.web", static_folder="static", static_url_path="/static")
    app.config["MAX_CONTENT_LENGTH"] = services.options.max_body_bytes
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = True
    app.asgi_http_class = HttpConnection
    if services.tracer is not None:
        from .quart_patches.traced_connection import TracedConnection  # noqa: PLC0415 an extra's SDK

        app.asgi_http_class = TracedConnection
    app.asgi_websocket_class = OwnWebsocketConnection
    app.url_map.merge_slashes = False  # it redirects, signed links and their secrets too
    app.url_map.converters["execution"] = ExecutionConverter
    app.extensions[EXTENSION] = services
    app.jinja_env.globals["static"] = lambda: app.site.edition().root
    document(app)
    problems.register(app)
    install_auth(app, services)
    install_query_check(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.extensions[OWN_ACCESS] = access
    _add(app, blueprints, access)
    return app


def _add(app: Quart, blueprints: Iterable[Blueprint], access: Mapping[str, Access]) -> None:
    """Registers blueprints that aren't ours."""
    before = {id(rule) for rule in app.url_map.iter_rules()}
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    added = [rule for rule in app.url_map.iter_rules() if id(rule) not in before]
    for rule in added:
        if rule.rule in ACCESS:
            raise ValueError(f"{rule.rule}: this route is Handrail's own.")
        if rule.rule not in access:
            raise ValueError(f"{rule.rule}: say in `access` what this route asks for.")
        if (wanted := IN_PATH.get(access[rule.rule].reach, "")) not in rule.rule:
            raise ValueError(f"{rule.rule}: its row in `access` reaches for {wanted} in the path.")
        if rule.websocket:
            raise ValueError(f"{rule.rule}: sockets are served by an app of your own.")
    if unknown := access.keys() - {rule.rule for rule in added}:
        raise ValueError(f"`access` names no route of yours: {', '.join(sorted(unknown))}.")
