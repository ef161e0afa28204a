"""Opens redis-py's clients. Nothing is retried by them: what was asked may have happened."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from redis.asyncio import Redis
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoPermissionError, RedisClusterException, RedisError

from handrail.core.bus_address import BusAddress

CONNECTIONS = 40  # more than are used at once

Node: TypeAlias = tuple[str, int]
Client: TypeAlias = Redis | RedisCluster
BUS_ERRORS = (RedisError, RedisClusterException, OSError, TimeoutError)
"""What a client raises where the server doesn't answer, or refuses."""


async def connected(address: BusAddress, answer_s: float, others: Sequence[Node] = ()) -> Client:
    """Asks the server whether it is one of a cluster, where the address doesn't say. `others` are
    nodes known from before, for the address's own may be gone. Raises BUS_ERRORS."""
    cluster = True if others else address.cluster
    if cluster is None:
        plain = open_plain(address, answer_s)
        try:
            cluster = await _is_cluster(plain)
        finally:
            await plain.aclose()
    if not cluster:
        return open_plain(address, answer_s)
    nodes = [ClusterNode(*node) for node in others]
    client = RedisCluster(
        **_options(address, answer_s),
        startup_nodes=nodes,
        reinitialize_steps=1,
        require_full_coverage=False,
    )
    try:
        await client.initialize()
    except BaseException:
        await client.aclose()
        raise
    return client


def other_nodes(client: Client | None) -> list[Node]:
    """Those that a client of a cluster knew."""
    if not isinstance(client, RedisCluster):
        return []
    return [(str(node.host), int(node.port)) for node in client.nodes_manager.nodes_cache.values()]


def open_plain(address: BusAddress, answer_s: float, node: Node | None = None) -> Redis:
    """Connects at its first command. Also for what one node of a cluster does for all: channels."""
    host, port = node or (address.host, address.port)
    return Redis(**_options(address, answer_s) | {"host": host, "port": port}, db=address.db)


def reason(error: BaseException) -> str:
    """What may be logged of an error: its kind, or the server's code (`WRONGPASS`, `OOM`). redis-py
    cuts the codes that it knows off the text, which may begin with another word in capitals."""
    code = getattr(error, "status_code", None) or str(error).partition(" ")[0]
    coded = isinstance(error, RedisError) and code.isalpha() and code.isupper()
    return code if coded and code != "ERR" else type(error).__name__


async def _is_cluster(client: Redis) -> bool:
    try:
        told = await client.info("cluster")
    except NoPermissionError:
        return False
    return bool(told.get("cluster_enabled"))


def _options(address: BusAddress, answer_s: float) -> dict[str, Any]:
    options: dict[str, Any] = {
        "host": address.host,
        "port": address.port,
        "username": address.username,
        "password": address.password,
        "socket_connect_timeout": answer_s,
        "socket_timeout": answer_s,
        "max_connections": CONNECTIONS,
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,
        "driver_info": None,  # no CLIENT SETINFO, which a user may not be allowed
    }
    if address.tls:
        options |= {"ssl": True, "ssl_ca_certs": address.ca_file}
    return options
