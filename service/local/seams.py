"""Sets moto up for an engine, and as it was after it: the patches of its interpreter, its settings
(to execute definitions; where its tasks call: MOTO_PORT), its tasks' boto3 clients, and its log
records, which are kept off the console.
"""

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import UnknownServiceError
from moto.core.config import default_user_config
from moto.stepfunctions.parser.asl.utils import boto_client

from .engine import ACCESS_KEY, SECRET_KEY
from .errors import NotServed
from .language import installed


@contextmanager
def changed(clients: "TaskClients", *, port: int) -> Iterator[None]:
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
