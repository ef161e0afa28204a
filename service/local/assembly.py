"""The engine's parts put together. Importing this module imports moto, which takes seconds."""

import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from threading import Lock
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.base_backend import BackendDict
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from . import seams
from .edge import EngineApplication
from .errors import NotServed
from .functions import HandlerFunction, HandlerFunctions
from .server import served
from .stepfunctions.account import AccountRegion

_FIRST_DEFINITION = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}'


@contextmanager
def assembled(
    listener: socket.socket,
    *,
    handlers: Mapping[str, HandlerFunction],
    queues: Sequence[str],
    region: str,
) -> Iterator[str]:
    """Serve the account whose id is given until left; then stop what runs and forget everything."""
    host, port = listener.getsockname()
    clients = seams.TaskClients(f"http://{host}:{port}")
    arn_prefix = f"arn:aws:lambda:{region}:{DEFAULT_ACCOUNT_ID}:function:"
    account = EngineAccount(region)
    with ExitStack() as stack:
        stack.enter_context(seams.changed(clients, port=port))
        stack.callback(BackendDict.reset)
        functions = stack.enter_context(HandlerFunctions(handlers, arn_prefix=arn_prefix))
        moto = Dispatcher(create_backend_app)
        application = EngineApplication(moto, account=account.in_region, functions=functions)
        stack.enter_context(served(application, listener))
        stack.callback(account.stop_all)
        AmazonStateLanguageParser.parse(_FIRST_DEFINITION)
        sqs = clients.client("sqs", region)
        for name in queues:
            fifo = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
            sqs.create_queue(QueueName=name, Attributes=fifo)
        yield DEFAULT_ACCOUNT_ID


class Dispatcher(DomainDispatcherApplication):  # type: ignore[misc] # moto has no types
    """moto's, by service; one of AWS's that moto lacks is refused in words."""

    def get_backend_for_host(self, host: str | None) -> Any:
        url = f"http://{host}"
        if ".amazonaws.com" in url and not any(
            pattern.match(url) for _, pattern in self.backend_url_patterns
        ):
            raise NotServed(f"AWS's service {host}")
        return super().get_backend_for_host(host)


class EngineAccount:
    """The embedded account, region by region."""

    def __init__(self, home: str) -> None:
        self._home = home
        self._lock = Lock()
        self._by_region: dict[str, AccountRegion] = {}

    def in_region(self, region: str | None) -> AccountRegion:
        """The part of the account in `region`, of the engine's own where None."""
        region = region or self._home
        with self._lock:
            if region not in self._by_region:
                backend = stepfunctions_parser_backends[DEFAULT_ACCOUNT_ID][region]
                self._by_region[region] = AccountRegion(backend, region, DEFAULT_ACCOUNT_ID)
            return self._by_region[region]

    def stop_all(self) -> None:
        """Let no interpreter thread go on."""
        with self._lock:
            accounts = list(self._by_region.values())
        for account in accounts:
            for execution in account.snapshot():
                if not execution.done.is_set():
                    execution.stop(None, None)
