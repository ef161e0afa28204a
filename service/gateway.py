"""The composition root of sockets that API Gateway holds: what is kept of them in a table, the way
out to them, and the queue that reminds of them."""

from service.aws.connections import AwsConnections
from service.aws.nudges import AwsNudges
from service.aws.posts import AwsPosts
from service.aws.table import Table
from service.aws.watches import AwsWatches
from service.foundation import Foundation
from service.settings import Settings, SettingsError, variable_of
from service.usecases.stored import StoredLimits, StoredPorts, StoredSockets

NEEDED = ("table", "queue_url", "socket_endpoint")


def sockets_on(foundation: Foundation) -> StoredSockets:
    """Raises SettingsError where a setting they need isn't set."""
    settings, clock = foundation.settings, foundation.clock
    table, queue_url, socket_endpoint = needed(settings)
    clients, calls = foundation.clients, foundation.calls
    kept = Table(clients, calls, table, clock)
    return StoredSockets(
        foundation.hub,
        StoredPorts(
            connections=AwsConnections(kept, clock),
            watches=AwsWatches(kept, clock),
            posts=AwsPosts(clients, calls, socket_endpoint),
            nudges=AwsNudges(clients, calls, queue_url),
        ),
        clock,
        authentication=foundation.auth,
        tickets=foundation.tickets,
        limits=limits(settings),
        origins=settings.origins,
    )


def needed(settings: Settings) -> tuple[str, str, str]:
    """Table, queue and management API. Raises SettingsError naming all that is missing."""
    found = (settings.table, settings.queue_url, settings.socket_endpoint)
    table, queue_url, socket_endpoint = found
    if table is None or queue_url is None or socket_endpoint is None:
        named = zip(NEEDED, found, strict=True)
        missing = ", ".join(variable_of(name) for name, value in named if value is None)
        raise SettingsError(f"{missing}: needed for sockets that API Gateway holds")
    return table, queue_url, socket_endpoint


def limits(settings: Settings) -> StoredLimits:
    return StoredLimits(
        max_subscriptions=settings.ws_max_subscriptions,
        max_message_bytes=settings.ws_max_message_bytes,
        max_messages_per_s=settings.ws_max_messages_per_s,
        reads_per_s=settings.live_reads_per_s,
        reads_burst=settings.live_reads_burst,
        heartbeat_s=settings.ws_heartbeat_s,
    )
