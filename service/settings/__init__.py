"""Reads every setting from the environment, once: each is `HANDRAIL_<NAME>`; `ENVIRONMENT` names
the stage. AWS's own variables keep their meaning and are read by the AWS adapters."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import structlog
from pydantic import (
    AliasChoices,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsConfigDict

from handrail.core.bus_address import BusAddress
from handrail.core.errors import SettingsError
from handrail.core.machine_patterns import MachinePatterns
from handrail.core.queue_reference import QUEUE

from .access import AccessSettings
from .news_settings import NewsSettings

STAGE = AliasChoices("ENVIRONMENT", "environment")
MOCKS = AliasChoices("HANDRAIL_MOCKS", "SFN_MOCK_CONFIG")
STREAM = r"^(arn:[a-z-]+:kinesis:[0-9a-z-]+:[0-9]{12}:stream/)?[0-9A-Za-z_.-]{1,128}$"
RENAMED = {"auth_none_is_fine": "allow_unauthenticated"}
"""Settings by the name they had one version ago. The old variable still works, with a warning."""


class Settings(AccessSettings, NewsSettings):
    """Defaults suit one replica in a large region, using a third of the account's read quota."""

    model_config = SettingsConfigDict(env_prefix="HANDRAIL_", frozen=True, extra="ignore")

    environment: str = Field("dev", pattern=r"^[0-9A-Za-z_-]{1,32}$", validation_alias=STAGE)
    """The stage: `${ENVIRONMENT}` in names, substitutions and logs."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least severe log line written."""
    log_format: Literal["auto", "json", "console"] = "auto"
    """`auto` is console on a terminal and JSON lines elsewhere."""
    request_log: Literal["all", "errors", "none"] = "all"
    """Whose log lines are written: of every request and socket, of those that failed, or none.
    Audit lines always are."""
    health_log: Literal["sampled", "all", "none"] = "sampled"
    """Which of the health checks and scrapes that go well leave a log line: the first and one a
    minute, all, or none."""
    traces: bool = False
    """Record traces and export them as OpenTelemetry's own variables say, which needs the extra
    `otel`."""
    metrics: Literal["prometheus", "emf"] | None = None
    """Where metrics go: to `/metrics` always, and as `emf` in lines on stdout that CloudWatch reads
    too; if not set, `emf` on Lambda alone."""
    machines: str = ""
    """The state machines it is for, by name or ARN, with commas; patterns (`orders-*`) will do.
    Without it all of the account and region."""
    state_machines_dir: Path = Path("state_machines")
    """Where definitions and input schemas are read from; may be absent."""
    mocks: Path | None = Field(None, validation_alias=MOCKS)
    """A MockConfigFile.json of Step Functions Local for the embedded engine; `SFN_MOCK_CONFIG` does
    too."""
    stand_in_checks: Literal["strict", "present", "none"] = "strict"
    """How a stand-in's answer is held against the service's: `strict` wants all its required
    fields, `present` that those there are right."""

    role_arn: str | None = None
    """A role to assume for every AWS call."""
    aws_connect_timeout_s: float = Field(3, gt=0, le=60)
    """To open a connection to AWS."""
    aws_read_timeout_s: float = Field(5, gt=0, le=300)
    """To wait for AWS's answer."""
    aws_max_attempts: int = Field(3, ge=1, le=10)
    """Attempts a call, the first included (standard retry mode)."""
    aws_pool_size: int = Field(100, ge=1, le=10_000)
    """Connections to AWS at most."""
    aws_fast: bool = True
    """Read answers and sign calls faster than botocore; `false` leaves both to it."""
    lean_start: bool = True
    """Start executions by calls that cost a third of botocore's; `false` leaves them to it."""
    catalogue_ttl_s: float = Field(60, ge=0, le=86_400)
    """How long a listed state machine is believed."""

    live_reads_per_s: float = Field(20 / 3, gt=0, le=10_000)
    """History reads a second this replica allows itself, with a bus all replicas together (the
    account refills 20)."""
    live_reads_burst: int = Field(133, ge=1, le=100_000)
    """History reads it may make at once, with a bus all together (the account: 400)."""
    live_poll_min_s: float = Field(0.25, gt=0, le=60)
    """Between two reads of an execution that is changing."""
    live_poll_max_s: float = Field(10, gt=0, le=600)
    """Between two reads of an execution that is idle."""
    live_linger_s: float = Field(3, ge=0, le=600)
    """How long a watcher outlives its last subscriber."""
    live_max_watchers: int = Field(2_000, ge=1, le=100_000)
    """Executions watched at once by this replica."""
    live_log_bytes: int = Field(8 * 1024 * 1024, ge=0)
    """Events kept in memory for each watched execution, to resume clients from."""
    live_memory_bytes: int = Field(256 * 1024 * 1024, ge=0)
    """Events kept in memory for all watched executions together."""
    live_lag_s: float = Field(3, ge=0, le=60)
    """How long what isn't found, and nobody has a cursor of, is looked for again: AWS's reads lag
    its writes."""

    events_stream: str | None = Field(None, pattern=STREAM)
    """The Kinesis stream, by name or ARN, that executions' log lines and status changes come by."""
    express_kept_s: float = Field(600, ge=1, le=86_400)
    """How long what was pushed of an Express execution is kept after the last of it."""

    bus_url: SecretStr | None = None
    """Where replicas share what one would know alone: Valkey or Redis, `redis://`, `rediss://`,
    `redis+cluster://` or `rediss+cluster://`."""

    callbacks_queue: str | None = Field(None, pattern=QUEUE)
    """The SQS queue, by URL, ARN or name, whose messages settle waiting tasks."""

    principal_watches: int = Field(1_000, ge=1, le=1_000_000)
    """Subscriptions one principal may hold at once, and as many to lists."""
    principal_reads_per_s: float = Field(2, gt=0, le=100_000)
    """Reads one principal asks for a second that go before others' further ones."""

    ws_heartbeat_s: float = Field(25, gt=0, le=300)
    """Between two pings to a silent socket."""
    ws_max_subscriptions: int = Field(100, ge=1, le=10_000)
    """Subscriptions on one socket."""
    ws_max_message_bytes: int = Field(16 * 1024, ge=256, le=1_048_576)
    """The longest frame a client may send."""
    ws_max_messages_per_s: float = Field(50, gt=0, le=100_000)
    """Frames a second a client may send, a burst of 4 s aside."""
    ws_max_sockets: int = Field(10_000, ge=1, le=1_000_000)
    """Sockets and event streams this replica holds."""
    ws_send_timeout_s: float = Field(10, gt=0, le=300)
    """How long a socket may take nothing before it is dropped."""
    max_body_bytes: int = Field(1_048_576, ge=1024, le=16_777_216)
    """The longest request body."""
    drain_window_s: float = Field(1, ge=0, le=60)
    """Over how long sockets are closed on shutdown."""
    graceful_timeout_s: float = Field(1.5, ge=0, le=300)
    """How long requests may still take on shutdown."""
    keep_alive_s: float = Field(75, gt=0, le=3600)
    """Idle HTTP connections; above the load balancer's timeout."""

    request_timeout_s: float = Field(30, gt=0, le=600)
    """The longest a request may take, `?wait=` on top; synchronous starts have 310."""
    max_concurrent_requests: int = Field(500, ge=1, le=100_000)
    """Requests worked on at once, long waits left out."""
    breaker_failures: int = Field(5, ge=1, le=10_000)
    """After so many failures in a row an operation of AWS isn't asked."""
    breaker_recovery_s: float = Field(5, gt=0, le=600)
    """How long it isn't asked, before one call tries again."""
    trigger: Literal["start", "lambda"] = "start"
    """What POST /trigger-workflow does: `start` the state machine, or have
    `trigger-lambda-${ENVIRONMENT}` do it."""
    table: str | None = Field(None, pattern=r"^[0-9A-Za-z_.-]{3,255}$")
    """The DynamoDB table of tickets, and of sockets that API Gateway holds."""
    queue_url: str | None = Field(None, pattern=r"^https?://\S+$")
    """The SQS queue that brings their nudges and reminders."""
    socket_endpoint: str | None = Field(None, pattern=r"^https?://[^\s?#]+$")
    """The management API of the WebSocket API,
    `https://{api}.execute-api.{region}.amazonaws.com/{stage}`."""
    socket_url: str | None = Field(None, pattern=r"^wss?://[^\s?#]+$")
    """The `wss://` URL that clients of the WebSocket API connect to, for links."""
    drain_delay_s: float = Field(0, ge=0, le=120)
    """How long readiness fails on shutdown before the port is closed."""
    preload: Literal["", "http", "live"] = ""
    """What a Lambda function imports before its first event: what `http` events need, or `live`
    ones."""

    @field_validator("*", mode="before")
    @classmethod
    def _blank_is_unset(cls, value: object, info: ValidationInfo) -> object:
        """Takes a blank variable for one that isn't set, where a setting may be None."""
        blank = isinstance(value, str) and not value.strip()
        return None if blank and cls.model_fields[str(info.field_name)].default is None else value

    @field_validator("machines")
    @classmethod
    def _names_machines(cls, value: str) -> str:
        MachinePatterns.parse(value)
        return value

    @property
    def served_machines(self) -> MachinePatterns:
        return MachinePatterns.parse(self.machines)

    @field_validator("bus_url")
    @classmethod
    def _is_an_address(cls, value: SecretStr | None) -> SecretStr | None:
        """Parses it: the ValueError says what is wrong and never quotes it."""
        if value is not None:
            BusAddress.parse(value.get_secret_value())
        return value

    @classmethod
    def read(cls) -> "Settings":
        """Reads the environment. Raises SettingsError naming each variable that can't be used."""
        try:
            return cls(**_under_old_names(os.environ))  # type: ignore[arg-type] # validated texts
        except ValidationError as error:
            raise SettingsError("; ".join(map(_described, error.errors()))) from None


def variable_of(field: str) -> str:
    """Names the environment variable of a field of Settings."""
    return "ENVIRONMENT" if field == "environment" else f"HANDRAIL_{field.upper()}"


def warn_of_old_names(environment: Mapping[str, str] = os.environ) -> None:
    """Logs each old variable in use, for which the log must be configured."""
    present = {name.upper() for name in environment}
    for old, new in RENAMED.items():
        if variable_of(old) in present:
            structlog.get_logger(__name__).warning(
                "setting renamed", old=variable_of(old), use=variable_of(new)
            )


def _under_old_names(environment: Mapping[str, str]) -> dict[str, str]:
    """By field. Raises SettingsError where the new name gives another value."""
    given, found = {name.upper(): value for name, value in environment.items()}, {}
    for old, new in RENAMED.items():
        if (value := given.get(variable_of(old))) is None:
            continue
        if given.get(variable_of(new), value) != value:
            renamed = f"{variable_of(old)}: is now {variable_of(new)}"
            raise SettingsError(f"{renamed}, which is set to another value; unset the old one")
        found[new] = value
    return found


def _described(error: ErrorDetails) -> str:
    name = str(error["loc"][0])
    message = str(error["msg"]).removeprefix("Value error, ")
    return f"{variable_of(name.lower()) if name.islower() else name}: {message}"
