"""The few places where moto itself is changed while an engine runs, and put back after it.

- its settings: execute definitions; where its tasks call (MOTO_PORT);
- its boto3 clients: one cached client a service, on the loopback address, deaf to the caller's
  AWS profile, credentials and proxies, where moto makes a new one for every task;
- JSONata: the evaluator it leaves empty (`queries`);
- the language itself: names, failures, values (`language`);
- Map over nothing: no item means done, where moto waits for ever;
- retries of a waiting task: each attempt has a task token of its own, where moto uses the first
  one's again, and its answer too; and none is taken any more once the attempt timed out;
- its log records: kept off the console.
"""

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import UnknownServiceError
from moto.core.config import default_user_config
from moto.stepfunctions.parser.asl.component.common.string import string_expression
from moto.stepfunctions.parser.asl.component.common.string.string_expression import (
    StringJSONata,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import job
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import (
    ResourceCondition,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_callback import (  # noqa: E501
    StateTaskServiceCallback,
)
from moto.stepfunctions.parser.asl.eval import variable_store
from moto.stepfunctions.parser.asl.jsonata import jsonata as moto_jsonata
from moto.stepfunctions.parser.asl.utils import boto_client

from . import language, queries
from .errors import NotServed

ACCESS_KEY = "handrail"
SECRET_KEY = "not-a-secret"  # noqa: S105 what an endpoint without accounts accepts


class Clients:
    """Stands where moto's tasks expect the `boto3` module. Clients are safe to share. They raise
    NotServed for a service or an operation that isn't there, or that the engine doesn't serve."""

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url
        self._lock = Lock()
        self._clients: dict[tuple[str, str], Any] = {}
        self._session = botocore.session.Session(
            session_vars={
                "profile": (None, None, None, None),
                "config_file": (None, None, os.devnull, None),
                "credentials_file": (None, None, os.devnull, None),
            }
        )

    def client(self, service_name: str, region_name: str, **_ignored: Any) -> Any:
        with self._lock:
            key = (service_name, region_name)
            if key not in self._clients:
                self._clients[key] = self._create(*key)
            return self._clients[key]

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
        client.meta.events.register("before-parse", _refuse_what_is_not_served)
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


def _refuse_what_is_not_served(
    response_dict: Mapping[str, Any], operation_model: Any, **_: Any
) -> None:
    """Before the answer is read, in whichever of AWS's protocols."""
    if response_dict["status_code"] == NotServed.STATUS:
        service = operation_model.service_model.service_name
        raise NotServed(f"{service}'s {operation_model.name}")


@contextmanager
def changed(clients: Clients, *, port: int) -> Iterator[None]:
    """moto as the engine needs it. One engine at a time."""
    _silence_logs()
    seams: tuple[language.Seam, ...] = (
        (boto_client, "boto3", clients),
        (moto_jsonata, "_eval_jsonata", queries.evaluated),
        (moto_jsonata, "_ILLEGAL_VARIABLE_REFERENCES", queries.UNUSABLE),
        (variable_store, "encode_jsonata_variable_declarations", queries.declarations),
        (string_expression, "get_intrinsic_functions_declarations", queries.no_declarations),
        (StringJSONata, "_eval_body", queries.failing_as_on_aws(StringJSONata._eval_body)),
        (job.JobPool, "await_jobs", _await_jobs(job.JobPool)),
        (
            StateTaskServiceCallback,
            "_evaluate_with_timeout",
            _with_a_token_of_its_own(StateTaskServiceCallback),
        ),
        *language.SEAMS,
    )
    with _settings(port), language.standing(*seams):
        yield


def _await_jobs(pool: Any) -> Callable[[Any], None]:
    awaited: Callable[[Any], None] = pool.await_jobs

    def await_jobs(self: Any) -> None:
        if self._jobs_number:
            awaited(self)

    return await_jobs


def _with_a_token_of_its_own(task: Any) -> Callable[[Any, Any], None]:
    attempted: Callable[[Any, Any], None] = task._evaluate_with_timeout

    def attempt(self: Any, env: Any) -> None:
        if self.resource.condition != ResourceCondition.WaitForTaskToken:
            attempted(self, env)
            return
        context, tasks = env.states.context_object, env.callback_pool_manager
        if context.context_object_data["State"]["RetryCount"] > 0:
            tasks.add(context.update_task_token())
        task = tasks.get(context.context_object_data["Task"]["Token"])
        try:
            attempted(self, env)
        finally:
            task.interrupt_all()

    return attempt


@contextmanager
def _settings(port: int) -> Iterator[None]:
    before, port_before = dict(default_user_config), os.environ.get("MOTO_PORT")
    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    default_user_config["lambda"] = {"use_docker": False}
    os.environ["MOTO_PORT"] = str(port)
    try:
        yield
    finally:
        default_user_config.update(before)
        if port_before is None:
            os.environ.pop("MOTO_PORT", None)
        else:
            os.environ["MOTO_PORT"] = port_before


def _silence_logs() -> None:
    """For good: its threads go on for a while after the engine, and say that nobody answers."""
    for name in ("moto", "werkzeug"):
        logger = logging.getLogger(name)
        logger.propagate = False
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
