"""Keeps the embedded account's state machines (moto's), executions and activities in one region."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from handrail.core.partitions import partition_of
from handrail.engine.errors import AwsError
from handrail.engine.execution_logs.log_delivery import LogDelivery
from handrail.engine.map_runs.map_run import LiveMapRun
from handrail.engine.stand_ins.stand_in_registry import StandInRegistry, UnknownCase

from . import request_rules
from .live_execution import LiveExecution
from .waiting_tasks import TaskQueue

Request = request_rules.Request
Output = dict[str, Any]
"""Fields that are None are not sent, and datetimes as seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Start:
    """An execution to be: `case` is a test case's name, `trace_header` what its start said."""

    arn: str
    name: str
    input: str
    case: str | None = None
    trace_header: str | None = None


@dataclass(slots=True)
class AccountRegion:
    """`backend` is moto's; `executions` and `map_runs` are by ARN, in the order they started."""

    backend: Any
    region: str
    id: str
    stand_ins: StandInRegistry = field(default_factory=StandInRegistry)
    tokens: request_rules.PageTokens = field(default_factory=request_rules.PageTokens)
    executions: dict[str, LiveExecution] = field(default_factory=dict)
    map_runs: dict[str, LiveMapRun] = field(default_factory=dict)
    activities: dict[str, TaskQueue] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)
    logs: LogDelivery = field(init=False)

    def __post_init__(self) -> None:
        self.logs = LogDelivery(self.id, self.region)

    def arn(self, *resource: str) -> str:
        return ":".join(
            (f"arn:{partition_of(self.region)}:states:{self.region}:{self.id}", *resource)
        )

    def machine(self, arn: str) -> Any:
        """moto's state machine. Raises InvalidArn, ValidationException (the ARN is a version's or
        an alias's), StateMachineDoesNotExist."""
        request_rules.check_unqualified(arn)
        for machine in list(self.backend.state_machines):
            if machine.arn == arn:
                return machine
        raise AwsError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")

    def execution(self, arn: str) -> LiveExecution:
        """A Standard execution. Raises InvalidArn, ExecutionDoesNotExist."""
        request_rules.check_execution_arn(arn)
        with self.lock:
            if execution := self.executions.get(arn):
                return execution
        raise AwsError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")

    def snapshot(self) -> list[LiveExecution]:
        with self.lock:
            return list(self.executions.values())

    def stop_all(self) -> None:
        for execution in self.snapshot():
            execution.stop(None, None)

    def close(self) -> None:
        """Let no thread of the account's go on."""
        self.stop_all()
        self.logs.close()

    def launch(
        self, as_it_is_now: Any, start: Start, qualifiers: Mapping[str, str]
    ) -> LiveExecution:
        """Start an execution of this copy of a machine, which nothing changes; the caller holds the
        lock and knows that the ARN is free. Raises ValidationException for a test case that the
        machine hasn't."""
        try:
            stand_ins = self.stand_ins.of_execution(as_it_is_now.name, start.case)
        except UnknownCase as error:
            raise AwsError("ValidationException", str(error)) from error
        execution = LiveExecution(
            name=start.name,
            sm_type=as_it_is_now.type,
            role_arn=as_it_is_now.roleArn,
            exec_arn=start.arn,
            account_id=self.id,
            region_name=self.region,
            state_machine=as_it_is_now,
            activity_store=self.activities,
            input_data=start.input,
            qualifiers=qualifiers,
            account=self,
            stand_ins=stand_ins,
            case=start.case,
        )
        execution.trace_header = start.trace_header
        self.executions[start.arn] = execution
        execution.start()
        return execution
