"""Composes the service of sockets that API Gateway holds: their table, API and queue."""

from functools import partial

from handrail.aws.apigateway import AwsPosts
from handrail.aws.dynamodb.connections import AwsConnections
from handrail.aws.dynamodb.table import Table
from handrail.aws.dynamodb.watches import AwsWatches
from handrail.aws.sqs import AwsNudges
from handrail.core.apigateway import GatewayPorts
from handrail.core.errors import SettingsError
from handrail.entrypoints.compose_base import Base
from handrail.settings import Settings, variable_of
from handrail.usecases.apigateway.gateway_sockets import GatewaySockets
from handrail.usecases.apigateway.limits import GatewayLimits


def sockets_on(base: Base) -> GatewaySockets:
    """Raises SettingsError naming each setting they need that isn't set."""
    settings, clock, clients, calls = base.settings, base.clock, base.clients, base.calls
    name, queue_url, endpoint = settings.table, settings.queue_url, settings.socket_endpoint
    if name is None or queue_url is None or endpoint is None:
        found = {"table": name, "queue_url": queue_url, "socket_endpoint": endpoint}
        missing = ", ".join(variable_of(name) for name, value in found.items() if value is None)
        raise SettingsError(f"{missing}: needed for sockets that API Gateway holds")
    table = Table(clients, calls, name, clock)
    return GatewaySockets(
        base.hub,
        GatewayPorts(
            connections=AwsConnections(table, clock),
            watches=AwsWatches(table, clock),
            posts=AwsPosts(clients, calls, endpoint),
            nudges=AwsNudges(clients, calls, queue_url),
        ),
        clock,
        authentication=base.auth,
        limits=limits(settings),
        origins=settings.origins,
        opened=partial(base.metrics.socket_opened, "api_gateway"),
    )


def limits(settings: Settings) -> GatewayLimits:
    return GatewayLimits(
        max_subscriptions=settings.ws_max_subscriptions,
        max_message_bytes=settings.ws_max_message_bytes,
        max_messages_per_s=settings.ws_max_messages_per_s,
        reads_per_s=settings.live_reads_per_s,
        reads_burst=settings.live_reads_burst,
        heartbeat_s=settings.ws_heartbeat_s,
    )
