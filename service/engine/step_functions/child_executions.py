"""Runs the child executions of a distributed Map: executions of their own, each with its history,
its context object and its tasks, of what the Map's ItemProcessor says."""

import copy
import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from uuid import uuid4

from moto.stepfunctions.parser.api import ExecutionStatus, StateMachineType
from moto.stepfunctions.parser.asl.component.common.timeouts.timeout import TimeoutSeconds
from moto.stepfunctions.parser.asl.component.program.program import Program

from handrail.core.models import rfc3339
from handrail.engine.map_runs.map_fields import MapFields
from handrail.engine.map_runs.map_items import ChildInput
from handrail.engine.map_runs.map_run import LiveMapRun

from .live_execution import LiveExecution

EXPRESS_LIMIT_S = 300


class ChildMachine:
    """What the children of one Map Run run: the definition's text, read by nobody unless asked for,
    and the interpreter's tree of it, which is read once for all."""

    def __init__(self, run: LiveMapRun, parent: LiveExecution, fields: MapFields) -> None:
        self.run, self.parent, self.fields = run, parent, fields

    @cached_property
    def state_machine(self) -> Any:
        """As moto's, with its own ARN, name, type and definition."""
        machine = copy.copy(self.parent.state_machine)
        machine.arn = self.run.machine_arn
        machine.name = self.run.machine_arn.rpartition(":")[2]
        machine.type = "EXPRESS" if self.fields.express else "STANDARD"
        machine.sm_type = StateMachineType(machine.type)
        machine.definition = json.dumps(self.fields.definition)
        return machine

    def program(self) -> Any:
        tree = self.fields.tree
        limit = TimeoutSeconds(EXPRESS_LIMIT_S) if self.fields.express else None
        return Program(tree._query_language, tree._start_at, tree._states, limit, tree._comment)


class ChildExecution(LiveExecution):
    """Tells its Map Run when it has ended. An Express one can't be asked for, and is then gone."""

    def __init__(self, machine: ChildMachine, given: ChildInput) -> None:
        parent, name = machine.parent, str(uuid4())
        self.machine, self.items = machine, given.items
        self.map_run_arn = machine.run.map_run_arn
        kind, last = ("express", [str(uuid4())]) if machine.fields.express else ("execution", [])
        super().__init__(
            name=name,
            sm_type=machine.state_machine.type,
            role_arn=parent.role_arn,
            exec_arn=parent.account.arn(kind, machine.state_machine.name, name, *last),
            account_id=parent.account_id,
            region_name=parent.region_name,
            state_machine=machine.state_machine,
            activity_store=parent._activity_store,
            input_data=given.text,
            qualifiers={},
            account=parent.account,
            stand_ins=parent.stand_ins,
            case=parent.case,
        )
        self.trace_header = parent.trace_header

    def start(self) -> None:
        """Nobody finds it before it runs."""
        with self.account.lock:
            self.account.executions[self.exec_arn] = self
            super().start()

    @property
    def definition(self) -> Any:
        return self.machine.fields.definition

    def described(self) -> dict[str, Any]:
        return super().described() | {"itemCount": self.items}

    def written(self) -> dict[str, Any]:
        """As a ResultWriter has it, dates as text."""
        found = self.described() | {"input": self.execution_input}
        dates = {name: rfc3339(found[name]) for name in ("startDate", "stopDate") if found[name]}
        return found | dates

    def end(self, status: ExecutionStatus, details: Mapping[str, Any], at: Any) -> None:
        super().end(status, details, at)
        if self.machine.fields.express:
            self.account.executions.pop(self.exec_arn, None)
        self.machine.run.child_ended(status.value, self.items)

    def _program(self) -> Any:
        return self.machine.program()
