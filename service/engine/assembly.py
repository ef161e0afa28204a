"""Puts the engine's parts together, and sets moto up for them: its settings, the clients its tasks
call with, the patches of its interpreter. Importing this module imports moto: seconds."""

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from threading import Lock
from typing import Any
from unittest import mock

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

import handrail.engine.stand_ins.interpreter  # noqa: F401 declares patches
from handrail.core.partitions import partition_of
from handrail.core.task_tokens.redaction import Redactor
from handrail.usecases.machine_folder import Refused

from . import NO_PORT_URL
from .errors import NotServed
from .functions import HandlerFunctions
from .handlers import LoadedFolders
from .http import EngineApplication, served
from .in_process import InProcess
from .lean_import import quieten
from .moto_patches.patches import installed
from .moto_patches.sdk_metadata_missing import note_call
from .moto_patches.service_errors import refuse_broken
from .seeds import Seeding
from .stand_ins.stand_in_registry import StandInRegistry, python_called
from .step_functions.account import AccountRegion
from .tracebacks import Report
from .virtual_clock.clock import EngineClock, engine_goes_by
from .virtual_clock.interpreter_waits import waiting_by_the_clock

_FIRST_DEFINITION = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}'
_MOTO = {
    "stepfunctions": {"execute_state_machine": True},
    "lambda": {"use_docker": False},
    "batch": {"use_docker": False},
}
_NO_FILE = (None, None, os.devnull, None)
_NO_PROFILE = {"profile": (None,) * 4, "config_file": _NO_FILE, "credentials_file": _NO_FILE}


@contextmanager
def assembled(
    in_process: InProcess,
    listener: socket.socket | None,
    loaded: LoadedFolders,
    region: str,
    *,
    clock: EngineClock,
    refused: Refused | None,
) -> Iterator["Assembly"]:
    """Serve an account until left, on `listener` if there is one; then stop what runs and forget
    everything. `refused` is told of what can't be served. Raises EngineError without it."""
    account, clients = EngineAccount(), TaskClients(in_process)
    with ExitStack() as stack:
        stack.enter_context(engine_goes_by(clock))
        stack.enter_context(waiting_by_the_clock())
        stack.enter_context(mock.patch.dict(default_user_config, _MOTO))
        stack.enter_context(mock.patch.object(boto_client, "boto3", clients))
        stack.enter_context(installed())
        stack.callback(BackendDict.reset)
        where = f"{partition_of(region)}:lambda:{region}:{DEFAULT_ACCOUNT_ID}"
        arn_prefix = f"arn:{where}:function:"
        report = loaded.report and account.reporting(loaded.report)
        functions = stack.enter_context(
            HandlerFunctions(loaded.handlers, arn_prefix=arn_prefix, report=report)
        )
        application = EngineApplication(Dispatcher(create_backend_app), account, region, functions)
        in_process.application = application
        quieten()
        if listener is not None:
            stack.enter_context(served(application, listener))
        stack.callback(account.close)
        AmazonStateLanguageParser.parse(_FIRST_DEFINITION)
        seeding = Seeding(partial(clients.client, region_name=region))

        def stand_in() -> None:
            account.stand_ins.machines.update(python_called(loaded.stand_ins, functions))

        loaded.serve_with(seeding.create, refused, changed=stand_in)
        yield Assembly(in_process, account[region], loaded, functions, clients)


@dataclass(frozen=True, slots=True)
class Assembly:
    """What serves, and the account in the engine's region."""

    in_process: InProcess
    account: AccountRegion
    loaded: LoadedFolders
    functions: HandlerFunctions
    clients: "TaskClients"


class Dispatcher(DomainDispatcherApplication):  # type: ignore[misc] # moto has no types
    """moto's, by service; one of AWS's that moto lacks is refused in words."""

    def get_backend_for_host(self, host: str | None) -> Any:
        url = f"http://{host}"
        known = any(pattern.match(url) for _, pattern in self.backend_url_patterns)
        if ".amazonaws.com" in url and not known:
            raise NotServed(f"AWS's service {host}")
        return super().get_backend_for_host(host)


class EngineAccount(dict[str, AccountRegion]):
    """The embedded account, region by region, each made on first use. `stand_ins` are for all."""

    def __init__(self) -> None:
        super().__init__()
        self.stand_ins = StandInRegistry()

    def __missing__(self, region: str) -> AccountRegion:
        backend = stepfunctions_parser_backends[DEFAULT_ACCOUNT_ID][region]
        account = AccountRegion(backend, region, DEFAULT_ACCOUNT_ID, self.stand_ins)
        return self.setdefault(region, account)  # another thread may have been faster

    def reporting(self, report: Report) -> Report:
        """Without the tokens of what runs: moto's have no shape of their own."""

        def redacted(lines: str) -> None:
            found = [each for account in list(self.values()) for each in account.snapshot()]
            running = [each for each in found if not each.done.is_set()]
            tokens = (token for each in running for token in each.callbacks.tokens())
            report(Redactor(tokens).text(lines))

        return redacted

    def close(self) -> None:
        """Let no thread of the interpreter's go on, and no log be written."""
        for account in list(self.values()):
            account.close()


class TaskClients:
    """Stands where moto's tasks expect the `boto3` module, with one cached client a service, which
    calls the engine in this process, without regard to the caller's AWS profile, credentials and
    proxies. Clients raise NotServed for a service or an operation that the engine doesn't serve."""

    def __init__(self, in_process: InProcess) -> None:
        self._in_process = in_process
        self._lock = Lock()
        self._created = cache(self._create)
        self._session = botocore.session.Session(session_vars=_NO_PROFILE)

    def client(self, service_name: str, region_name: str, **_ignored: Any) -> Any:
        with self._lock:
            return self._created(service_name, region_name)

    def _create(self, service: str, region: str) -> Any:
        config = Config(
            parameter_validation=False,
            inject_host_prefix=False,
            request_checksum_calculation="when_required",  # or answers of S3 tell of one
            retries={"total_max_attempts": 1},
        )
        try:
            client = self._session.create_client(
                service,
                region_name=region,
                endpoint_url=NO_PORT_URL,
                aws_access_key_id="any",
                aws_secret_access_key="any",  # noqa: S106 the engine takes any
                config=config,
            )
        except UnknownServiceError as error:
            raise NotServed(service) from error
        send: Any = self._in_process  # types-aiobotocore's handlers answer nothing
        client.meta.events.unregister("before-send", send)  # each that is registered is called
        client.meta.events.register_first("before-send", send)
        client.meta.events.register("getattr", _refuse_unknown)
        client.meta.events.register("before-parse", _refuse_unserved)
        client.meta.events.register("before-parse", refuse_broken)
        client.meta.events.register("after-call", note_call)
        return client


def _refuse_unknown(event_name: str, client: Any, **_: Any) -> None:
    service, name = client.meta.service_model.service_name, event_name.rpartition(".")[2]
    raise NotServed(f"{service}'s {name}")


def _refuse_unserved(response_dict: Mapping[str, Any], operation_model: Any, **_: Any) -> None:
    """Before the answer is read, in whichever of AWS's protocols."""
    if response_dict["status_code"] == NotServed.STATUS:
        service = operation_model.service_model.service_name
        raise NotServed(f"{service}'s {operation_model.name}")
