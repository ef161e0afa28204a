"""Reads where the bus is: `HANDRAIL_BUS_URL`. No message here quotes the address."""

from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit

PORT = 6379
SCHEMES = ("redis", "rediss", "redis+cluster", "rediss+cluster")
_OPTIONS = {"db", "cluster", "ssl_ca_certs"}


@dataclass(frozen=True, slots=True)
class BusAddress:
    """`cluster` is None where it is to be found out from the server; `ca_file` a file with the
    certificates to trust, those of the system if None."""

    host: str
    port: int = PORT
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    db: int = 0
    tls: bool = False
    cluster: bool | None = None
    ca_file: str | None = None

    @classmethod
    def parse(cls, url: str) -> Self:
        """`redis[s][+cluster]://[user:password@]host[:port][/db][?db=&cluster=&ssl_ca_certs=]`.
        Raises ValueError."""
        try:
            parts = urlsplit(url.strip())
            port = PORT if parts.port is None else parts.port
        except ValueError:  # brackets, or the port
            raise ValueError("isn't a URL: look at the host and the port") from None
        if parts.scheme not in SCHEMES:
            raise ValueError(f"begins with one of {', '.join(f'{s}://' for s in SCHEMES)}")
        if not parts.hostname or parts.fragment:
            raise ValueError("names no host; a / ? # or @ in a password is written %2F %3F %23 %40")
        options = _options(parts.query)
        path, named = parts.path.strip("/"), options.get("db", "")
        if path and named and path != named:
            raise ValueError("names two databases")
        cluster = _flag(options.get("cluster"))
        if parts.scheme.endswith("+cluster"):
            if cluster is False:
                raise ValueError("is +cluster and has cluster=0")
            cluster = True
        db = _database(path or named)
        if cluster and db:
            raise ValueError("names a database, and a cluster has none but 0")
        return cls(
            host=parts.hostname,
            port=port,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            db=db,
            tls=parts.scheme.startswith("rediss"),
            cluster=cluster,
            ca_file=options.get("ssl_ca_certs"),
        )


def _options(query: str) -> dict[str, str]:
    found = parse_qsl(query, keep_blank_values=True)
    options = dict(found)
    if len(options) < len(found) or options.keys() - _OPTIONS:
        raise ValueError(f"takes {', '.join(sorted(_OPTIONS))} behind its ?, each once")
    return options


def _flag(text: str | None) -> bool | None:
    if text not in {None, "0", "1"}:
        raise ValueError("takes cluster=1 or cluster=0")
    return None if text is None else text == "1"


def _database(text: str) -> int:
    if text and not (text.isascii() and text.isdigit() and len(text) <= 5):
        raise ValueError("names its database by a number")
    return int(text or 0)
