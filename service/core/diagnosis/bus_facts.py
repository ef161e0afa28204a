"""Judges the bus between replicas: Valkey or Redis."""

from collections.abc import Iterator
from dataclasses import dataclass

from .diagnoses import Diagnosis, Verdict

CHECK = "bus"
OLDEST = (6, 2)
"""What it is tested on from; ElastiCache's oldest too."""
KEPT = frozenset({"noeviction", ""})


@dataclass(frozen=True, slots=True)
class BusFacts:
    """`where` is host and port. `failure` is the kind of what went wrong, or the server's code;
    the rest is None where the server doesn't tell, or may not."""

    where: str
    tls: bool
    failure: str | None = None
    version: str | None = None
    cluster: bool | None = None
    eviction: str | None = None
    read_only: bool = False


def judge_bus(facts: BusFacts) -> Iterator[Diagnosis]:
    if facts.failure is not None:
        text = f"{facts.where} doesn't answer as a bus does ({facts.failure})"
        yield Diagnosis(CHECK, Verdict.MISSING, text, _way_there(facts))
        return
    if facts.read_only:
        text = f"{facts.where} is a replica, which takes no writes"
        yield Diagnosis(CHECK, Verdict.MISSING, text, "HANDRAIL_BUS_URL=… of the primary endpoint")
        return
    kind = " (a cluster)" if facts.cluster else ""
    version = f", version {facts.version}" if facts.version else ""
    yield Diagnosis(CHECK, Verdict.OK, f"{facts.where}{kind}{version}")
    if facts.version and _numbers(facts.version) < OLDEST:
        text = f"version {facts.version} is older than {'.'.join(map(str, OLDEST))}"
        yield Diagnosis(CHECK, Verdict.WARNING, text, "Valkey 8, or Redis 7")
    if facts.eviction is not None and facts.eviction not in KEPT:
        text = (
            f"with maxmemory-policy {facts.eviction} it drops what replicas rely on when it is full"
        )
        mend = "CONFIG SET maxmemory-policy noeviction (in its parameter group on ElastiCache)"
        yield Diagnosis(CHECK, Verdict.WARNING, text, mend)
    if not facts.tls and not _on_this_machine(facts.where):
        text = "its password and executions' events cross the network in the clear"
        yield Diagnosis(CHECK, Verdict.WARNING, text, "HANDRAIL_BUS_URL=rediss://…")


def _way_there(facts: BusFacts) -> str:
    same, other = ("rediss", "redis") if facts.tls else ("redis", "rediss")
    user = "HANDRAIL_BUS_URL=…://user:password@host: it asks for another user or password"
    acl = (
        "ACL SETUSER … ~handrail:* &handrail:*"
        " +@read +@write +@scripting +@pubsub +@connection +info +time +cluster"
    )
    known = {
        "NOAUTH": user,
        "WRONGPASS": user,
        "AuthenticationError": user,
        "NOPERM": acl,
        "NoPermissionError": acl,
        "unknown name": "HANDRAIL_BUS_URL=… with a host that DNS knows here",
        "closed": f"start what listens at {facts.where}, or unset HANDRAIL_BUS_URL",
        "no cluster": f"HANDRAIL_BUS_URL={same}://… where it is none; else open all its nodes",
        "tls": "HANDRAIL_BUS_URL=redis://… where it speaks no TLS, or ?ssl_ca_certs=/path",
    }
    silent = (
        f"its security group, which must let {facts.where} be reached from here; or"
        f" HANDRAIL_BUS_URL={other}://… where it speaks {'no ' * facts.tls}TLS"
    )
    return known.get(facts.failure or "", silent)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())


def _on_this_machine(where: str) -> bool:
    return where.startswith(("127.", "localhost:", "[::1]", "::1"))
