"""Puts the engine's parts together, and sets moto up for them: its settings, the clients its tasks
call with, the patches of its interpreter. Importing this module imports moto: seconds."""

import logging
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from threading import Lock
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import UnknownServiceError
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.base_backend import BackendDict
from moto.core.config import default_user_config
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.utils import boto_client
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from .engine_keys import ACCESS_KEY, SECRET_KEY
from .errors import NotServed
from .functions import HandlerFunctions
from .handlers import HandlerFunction
from .http import EngineApplication
from .http_server import served
from .moto_patches import installed
from .step_functions.account import AccountRegion

_FIRST_DEFINITION = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}'


@contextmanager
def assembled(
    listener: socket.socket, handlers: Mapping[str, HandlerFunction], queues: list[str], region: str
) -> Iterator[str]:
    """Serve the account whose id is given until left; then stop what runs and forget everything."""
    host, port = listener.getsockname()
    clients = TaskClients(f"http://{host}:{port}")
    arn_prefix = f"arn:aws:lambda:{region}:{DEFAULT_ACCOUNT_ID}:function:"
    account = EngineAccount(region)
    with ExitStack() as stack:
        stack.enter_context(_moto_set_up(clients, port=port))
        stack.callback(BackendDict.reset)
        functions = stack.enter_context(HandlerFunctions(handlers, arn_prefix=arn_prefix))
        moto = Dispatcher(create_backend_app)
        application = EngineApplication(moto, account.in_region, functions)
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
        self._by_region: dict[str, AccountRegion] = {}

    def in_region(self, region: str | None) -> AccountRegion:
        """The part of the account in `region`, of the engine's own where None."""
        region = region or self._home
        if region not in self._by_region:
            backend = stepfunctions_parser_backends[DEFAULT_ACCOUNT_ID][region]
            account = AccountRegion(backend, region, DEFAULT_ACCOUNT_ID)
            self._by_region.setdefault(region, account)  # another thread may have been faster
        return self._by_region[region]

    def stop_all(self) -> None:
        """Let no interpreter thread go on."""
        for account in list(self._by_region.values()):
            for execution in account.snapshot():
                if not execution.done.is_set():
                    execution.stop(None, None)


@contextmanager
def _moto_set_up(clients: "TaskClients", *, port: int) -> Iterator[None]:
    """moto as the engine needs it. One engine at a time."""
    for name in ("moto", "werkzeug"):  # for good: moto's threads outlive the engine, and log that
        logger = logging.getLogger(name)
        logger.propagate = False
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
    before, port_before = dict(default_user_config), os.environ.get("MOTO_PORT")
    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    default_user_config["lambda"] = {"use_docker": False}
    os.environ["MOTO_PORT"] = str(port)
    boto3, boto_client.boto3 = boto_client.boto3, clients
    try:
        with installed():
            yield
    finally:
        boto_client.boto3 = boto3
        default_user_config.update(before)
        del os.environ["MOTO_PORT"]
        if port_before is not None:
            os.environ["MOTO_PORT"] = port_before


class TaskClients:
    """Stands where moto's tasks expect the `boto3` module, which makes a new client for every task:
    one cached client a service, safe to share, on the loopback address, without regard to the
    caller's AWS profile, credentials and proxies. Clients raise NotServed for a service or an
    operation that isn't there, or that the engine doesn't serve."""

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url
        self._lock = Lock()
        self._created = cache(self._create)
        self._session = botocore.session.Session(
            session_vars={
                "profile": (None, None, None, None),
                "config_file": (None, None, os.devnull, None),
                "credentials_file": (None, None, os.devnull, None),
            }
        )

    def client(self, service_name: str, region_name: str, **_ignored: Any) -> Any:
        with self._lock:
            return self._created(service_name, region_name)

    def _create(self, service: str, region: str) -> Any:
        config = Config(
            parameter_validation=False,
            inject_host_prefix=False,
            max_pool_connections=1000,
            read_timeout=99_999_999,
            retries={"total_max_attempts": 1},
            proxies={},
        )
        try:
            client = self._session.create_client(
                service,
                region_name=region,
                endpoint_url=self._endpoint_url,
                aws_access_key_id=ACCESS_KEY,
                aws_secret_access_key=SECRET_KEY,
                config=config,
            )
        except UnknownServiceError as error:
            raise NotServed(service) from error
        client.meta.events.register("before-parse", _refuse_unserved)
        return _Operations(client, service)


class _Operations:
    def __init__(self, client: Any, service: str) -> None:
        self._client = client
        self._service = service

    def __getattr__(self, name: str) -> Any:
        try:
            return getattr(self._client, name)
        except AttributeError as error:
            raise NotServed(f"{self._service}'s {name}") from error


def _refuse_unserved(response_dict: Mapping[str, Any], operation_model: Any, **_: Any) -> None:
    """Before the answer is read, in whichever of AWS's protocols."""
    if response_dict["status_code"] == NotServed.STATUS:
        service = operation_model.service_model.service_name
        raise NotServed(f"{service}'s {operation_model.name}")
