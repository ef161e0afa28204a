"""Asks the bus's server what it is; writes nothing. For `handrail doctor`."""

import asyncio
import socket
import ssl
from typing import Any

from redis.exceptions import NoPermissionError, RedisClusterException

from handrail.core.bus_address import BusAddress
from handrail.core.diagnosis.bus_facts import BusFacts

from .redis_clients import BUS_ERRORS, connected, open_plain, reason

ANSWER_S = 2.0


async def find_bus(address: BusAddress, answer_s: float = ANSWER_S) -> BusFacts:
    """Raises nothing for what the server answers, or doesn't."""
    host = f"[{address.host}]" if ":" in address.host else address.host
    where = f"{host}:{address.port}"
    client = open_plain(address, answer_s)
    try:
        async with asyncio.timeout(3 * answer_s):
            await client.ping()
            told = await _told(client)
            await (await connected(address, answer_s)).aclose()  # all of a cluster, if it is one
    except BUS_ERRORS as error:
        return BusFacts(where, address.tls, failure=failure_of(error))
    finally:
        await client.aclose()
    version = told.get("valkey_version") or told.get("redis_version")
    cluster, policy = told.get("cluster_enabled"), told.get("maxmemory_policy")
    return BusFacts(
        where,
        address.tls,
        version=None if version is None else str(version),
        cluster=None if cluster is None else bool(cluster),
        eviction=None if policy is None else str(policy),
        read_only=told.get("role") == "slave" and not cluster,
    )


async def _told(client: Any) -> dict[str, Any]:
    """INFO, which a user may not be allowed."""
    try:
        told: dict[str, Any] = await client.info()
    except NoPermissionError:
        return {}
    return told


def failure_of(error: BaseException) -> str:
    """Where the connection fails, by what; else the server's own code."""
    each: BaseException | None = error
    while each is not None:
        if isinstance(each, socket.gaierror):
            return "unknown name"
        if isinstance(each, ssl.SSLError):
            return "tls"
        if isinstance(each, ConnectionRefusedError):
            return "closed"
        each = each.__cause__ or each.__context__
    if isinstance(error, RedisClusterException):
        return "no cluster"
    if "Connect call failed" in str(error) or "Connection refused" in str(error):
        return "closed"
    return reason(error)
