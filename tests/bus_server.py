"""Valkey or Redis on free ports, for every test that shares something among replicas: plain, as a
cluster of one node, and behind TLS. Each starts when a test first asks for it."""

import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import redis
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.server.free_port import free_port

HOST = "127.0.0.1"
NAMES = ("valkey-server", "redis-server")
STARTING_S = 20.0
_numbers = count(1)


@dataclass(slots=True)
class BusServer:
    """A server of the tests. `blocking` is for setting a scene and for looking at what is kept."""

    folder: Path
    options: tuple[str, ...] = ()
    scheme: str = "redis"
    query: str = ""
    port: int = field(default_factory=free_port)
    _process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    @property
    def url(self) -> str:
        return f"{self.scheme}://{HOST}:{self.port}{self.query}"

    def start(self) -> None:
        """Also after `kill`: at the same port, and empty."""
        command = [executable(), "--bind", HOST, "--dir", str(self.folder), "--save", ""]
        tls = ["--port", "0", "--tls-port"] if self.scheme == "rediss" else ["--port"]
        command += ["--loglevel", "warning", *tls, str(self.port), *self.options]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 our own
        ends_at = time.monotonic() + STARTING_S
        with self.blocking() as client:
            while True:
                try:
                    client.ping()
                    return
                except redis.exceptions.AuthenticationError:
                    return  # it asks for a password, so it answers
                except redis.exceptions.ConnectionError:
                    if self._process.poll() is not None or time.monotonic() > ends_at:
                        raise
                    time.sleep(0.01)

    def blocking(self) -> "redis.Redis":
        tls: dict[str, Any] = {}
        if self.scheme == "rediss":
            tls = {"ssl": True, "ssl_ca_certs": str(self.folder / "cert.pem")}
        once = Retry(NoBackoff(), 0)
        return redis.Redis(host=HOST, port=self.port, protocol=2, retry=once, **tls)

    def pause(self) -> None:
        """From now on it takes connections and answers nothing."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()  # also where it is stopped
            self._process.wait()
            self._process = None

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)


def executable() -> str:
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(f"no Valkey or Redis: none of {', '.join(NAMES)} is in the PATH")
    return found


def new_namespace() -> str:
    """Of a test that shares its server with others."""
    return f"test-{next(_numbers)}"


@contextmanager
def serving(server: BusServer) -> Iterator[BusServer]:
    try:
        server.start()
        yield server
    finally:
        server.kill()


@pytest.fixture(scope="session")
def bus_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BusServer]:
    """Shared by the session: no test stops it or empties it."""
    with serving(BusServer(tmp_path_factory.mktemp("bus"))) as server:
        yield server


@pytest.fixture
def new_bus_server(tmp_path: Path) -> Iterator[Callable[..., BusServer]]:
    """Starts a server that the test may stop, kill and empty; with more options of its own."""
    with ExitStack() as stack:
        yield lambda *options: stack.enter_context(serving(BusServer(tmp_path, options)))


@pytest.fixture(scope="session")
def bus_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BusServer]:
    """A cluster whose one node has all slots."""
    options = ("--cluster-enabled", "yes", "--cluster-port", str(free_port()))
    folder = tmp_path_factory.mktemp("bus-cluster")
    with serving(BusServer(folder, options)) as server:
        with server.blocking() as client:
            client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
            ends_at = time.monotonic() + STARTING_S
            while client.execute_command("CLUSTER INFO")["cluster_state"] != "ok":
                assert time.monotonic() < ends_at
                time.sleep(0.01)
        yield server


@pytest.fixture(scope="session")
def bus_over_tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BusServer]:
    """With a certificate of its own making, which its URL names as the one to trust."""
    folder = tmp_path_factory.mktemp("bus-tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    write_certificate(cert, key)
    files = ("--tls-cert-file", str(cert), "--tls-key-file", str(key))
    asks_none = ("--tls-ca-cert-file", str(cert), "--tls-auth-clients", "no")
    server = BusServer(folder, files + asks_none, "rediss", f"?ssl_ca_certs={cert}")
    with serving(server):
        yield server


def write_certificate(cert: Path, key: Path) -> None:
    """A key, and a certificate for the loopback address that it signs itself."""
    private, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(private, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    cert.write_bytes(made.public_bytes(pem))
    plain, format = serialization.NoEncryption(), serialization.PrivateFormat.PKCS8
    key.write_bytes(private.private_bytes(pem, format, plain))
