"""Keeps the embedded account's state machines (moto's), executions and activities in one region."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from handrail.core.partitions import partition_of
from handrail.engine.errors import AwsError

from . import request_rules
from .live_execution import LiveExecution
from .waiting_tasks import TaskQueue

Request = request_rules.Request
Output = dict[str, Any]
"""Fields that are None are not sent, and datetimes as seconds since 1970."""


@dataclass(slots=True)
class AccountRegion:
    """`backend` is moto's; `executions` are by ARN, in the order they started."""

    backend: Any
    region: str
    id: str
    tokens: request_rules.PageTokens = field(default_factory=request_rules.PageTokens)
    executions: dict[str, LiveExecution] = field(default_factory=dict)
    activities: dict[str, TaskQueue] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

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

    def launch(
        self,
        as_it_is_now: Any,
        *,
        arn: str,
        name: str,
        input: str,
        qualifiers: Mapping[str, str],
    ) -> LiveExecution:
        """Start an execution of this copy of a machine, which nothing changes; the caller holds the
        lock and knows that the ARN is free."""
        known = self.machine(as_it_is_now.arn).executions  # where moto's Map Run operations look
        execution = LiveExecution(
            name=name,
            sm_type=as_it_is_now.type,
            role_arn=as_it_is_now.roleArn,
            exec_arn=arn,
            account_id=self.id,
            region_name=self.region,
            state_machine=as_it_is_now,
            activity_store=self.activities,
            input_data=input,
            qualifiers=qualifiers,
        )
        execution.callbacks.executions = self.executions
        self.executions[arn] = execution
        known.append(execution)
        execution.start()
        return execution
