"""What the stubbed Step Functions operations answer, as pure functions of the account's data.

Kept close to AWS where adapters depend on it: names that are taken, page tokens, reverse order,
what redrive and a settled task token refuse. Payload quotas and definitions are not checked.
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from .account import (
    ACCOUNT_ID,
    REGION,
    Event,
    Hidden,
    Lag,
    Machine,
    Refusal,
    Run,
    wire,
    without_none,
)

Body = Mapping[str, Any]
Answer = dict[str, Any]

PAYLOADS = ("input", "output", "parameters", "cause")


@dataclass(slots=True)
class Token:
    """A task token the stub knows: the execution and TaskScheduled event it belongs to."""

    execution_arn: str
    event_id: int
    settled: bool = False


@dataclass(slots=True)
class Account:
    """All the stub knows, and the operations over it (`operations[name](body)`)."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    machines: dict[str, Machine] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    map_runs: dict[str, Answer] = field(default_factory=dict)
    children: dict[str, list[Answer]] = field(default_factory=dict)
    activities: dict[str, list[Answer]] = field(default_factory=dict)
    machines_per_page: int = 100
    token_generation: int = 0
    sync_outcome: Answer | None = None
    lag: Lag = field(default_factory=Lag)
    operations: dict[str, Callable[[Body], Answer]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.operations = {
            "ListStateMachines": self.list_state_machines,
            "DescribeStateMachine": self.describe_state_machine,
            "DescribeStateMachineAlias": self.describe_state_machine_alias,
            "ListStateMachineVersions": self.list_state_machine_versions,
            "ListStateMachineAliases": self.list_state_machine_aliases,
            "DescribeStateMachineForExecution": self.describe_state_machine_for_execution,
            "StartExecution": self.start_execution,
            "StartSyncExecution": self.start_sync_execution,
            "DescribeExecution": self.describe_execution,
            "ListExecutions": self.list_executions,
            "GetExecutionHistory": self.get_execution_history,
            "StopExecution": self.stop_execution,
            "RedriveExecution": self.redrive_execution,
            "SendTaskSuccess": self.send_task_success,
            "SendTaskFailure": self.send_task_failure,
            "SendTaskHeartbeat": self.send_task_heartbeat,
            "DescribeMapRun": self.describe_map_run,
            "ListActivities": self.list_activities,
            "CreateActivity": self.create_activity,
            "GetActivityTask": self.get_activity_task,
        }

    def append(self, run: Run, event: Mapping[str, Any]) -> None:
        """Write an event; reads show it as late as `lag` says."""
        run.hide_write(self.lag, now=self.now())
        run.append(event, now=self.now())

    def catch_up(self) -> None:
        """Reads show all that was written, and don't lag any more."""
        self.lag = Lag()
        for run in self.runs.values():
            run.hidden.clear()
        for machine in self.machines.values():
            machine.hidden = None

    def deploy(self, machine: Machine) -> None:
        """Write a state machine; reads show it as late as `lag` says."""
        if self.lag.seconds or self.lag.reads:
            machine.hidden = Hidden(self.machines.get(machine.arn), self.now(), self.lag)
        self.machines[machine.arn] = machine

    def list_state_machines(self, body: Body) -> Answer:
        size = min(body.get("maxResults") or self.machines_per_page, self.machines_per_page)
        seen = (each.shown("ListStateMachines", self.now()) for each in self.machines.values())
        known = [each for each in seen if each is not None]
        machines, token = self._page(known, size, body.get("nextToken"))
        return without_none(stateMachines=[_machine(each) for each in machines], nextToken=token)

    def describe_state_machine(self, body: Body) -> Answer:
        meant, version, _ = self._meant(body["stateMachineArn"])
        machine = meant.shown("DescribeStateMachine", self.now())
        if machine is None:
            raise Refusal("StateMachineDoesNotExist")
        return {
            **_machine(machine),
            "stateMachineArn": body["stateMachineArn"],
            "status": "ACTIVE",
            "definition": machine.versions[version] if version else machine.definition,
            "roleArn": f"arn:aws:iam::{ACCOUNT_ID}:role/stub",
        }

    def describe_state_machine_alias(self, body: Body) -> Answer:
        machine, version, alias = self._meant(body["stateMachineAliasArn"], missing="alias")
        return {
            "stateMachineAliasArn": body["stateMachineAliasArn"],
            "name": alias,
            "routingConfiguration": [
                {"stateMachineVersionArn": f"{machine.arn}:{version}", "weight": 100}
            ],
            "creationDate": wire(machine.created_at),
            "updateDate": wire(machine.created_at),
        }

    def list_state_machine_versions(self, body: Body) -> Answer:
        machine = self._machine(body["stateMachineArn"])
        return {
            "stateMachineVersions": [
                {
                    "stateMachineVersionArn": f"{machine.arn}:{number}",
                    "creationDate": wire(machine.created_at),
                }
                for number in reversed(machine.versions)
            ]
        }

    def list_state_machine_aliases(self, body: Body) -> Answer:
        machine = self._machine(body["stateMachineArn"])
        return {
            "stateMachineAliases": [
                {
                    "stateMachineAliasArn": f"{machine.arn}:{name}",
                    "creationDate": wire(machine.created_at),
                }
                for name in reversed(machine.aliases)
            ]
        }

    def describe_state_machine_for_execution(self, body: Body) -> Answer:
        run = self._shown("DescribeStateMachineForExecution", body)
        machine, number = run.machine, (run.version_arn or "").rpartition(":")[2]
        return {
            "stateMachineArn": machine.arn,
            "name": machine.name,
            "definition": machine.versions.get(number, machine.definition),
            "roleArn": f"arn:aws:iam::{ACCOUNT_ID}:role/stub",
            "updateDate": wire(machine.created_at),
        }

    def start_execution(self, body: Body) -> Answer:
        machine, version, alias = self._meant(body["stateMachineArn"])
        name, text = body.get("name", str(uuid4())), body.get("input", "{}")
        arn = execution_arn(machine, name)
        if run := self.runs.get(arn):
            if run.status != "RUNNING" or run.input != text:
                raise Refusal("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")
        else:
            run = self.runs[arn] = Run(arn, machine, name, self.now(), input=text)
            run.trace_header = body.get("traceHeader")
            run.version_arn = version and f"{machine.arn}:{version}"
            run.alias_arn = alias and f"{machine.arn}:{alias}"
            run.hide_write(self.lag, now=run.started_at, first=True)
            details = without_none(
                input=text,
                roleArn=f"arn:aws:iam::{ACCOUNT_ID}:role/stub",
                stateMachineVersionArn=run.version_arn,
                stateMachineAliasArn=run.alias_arn,
            )
            started = {"type": "ExecutionStarted", "executionStartedEventDetails": details}
            run.append(started, now=run.started_at)
        return {"executionArn": arn, "startDate": wire(run.started_at)}

    def start_sync_execution(self, body: Body) -> Answer:
        machine, _, _ = self._meant(body["stateMachineArn"])
        if machine.type != "EXPRESS":
            raise Refusal("StateMachineTypeNotSupported")
        name = body.get("name", str(uuid4()))
        outcome = self.sync_outcome or {"status": "SUCCEEDED", "output": body.get("input", "{}")}
        return {
            "executionArn": execution_arn(machine, name),
            "stateMachineArn": machine.arn,
            "name": name,
            "startDate": wire(self.now()),
            "stopDate": wire(self.now()),
            "billingDetails": {"billedMemoryUsedInMB": 64, "billedDurationInMilliseconds": 100},
            **outcome,
        }

    def describe_execution(self, body: Body) -> Answer:
        run = self._shown("DescribeExecution", body)
        if run.stale_describes:
            run.stale_describes -= 1
            return run.stale
        return run.description()

    def describe_map_run(self, body: Body) -> Answer:
        return self._map_run(body["mapRunArn"])

    def _map_run(self, arn: str) -> Answer:
        if arn not in self.map_runs:
            raise Refusal("ResourceNotFound", f"Resource not found: '{arn}'")
        return self.map_runs[arn]

    def _list_children(self, body: Body) -> Answer:
        self._map_run(body["mapRunArn"])
        children = [
            child
            for child in self.children.get(body["mapRunArn"], [])
            if body.get("statusFilter") in {None, child["status"]}
        ]
        page, token = self._page(children, body.get("maxResults") or 100, body.get("nextToken"))
        return without_none(executions=list(page), nextToken=token)

    def list_executions(self, body: Body) -> Answer:
        if "mapRunArn" in body:
            return self._list_children(body)
        arn = body["stateMachineArn"]
        machine, _, _ = self._meant(arn)
        if machine.type == "EXPRESS":
            raise Refusal("StateMachineTypeNotSupported")
        asked = body.get("statusFilter")
        known = [run for run in self.runs.values() if run.machine is machine]
        if arn != machine.arn:
            known = [run for run in known if arn in (run.version_arn, run.alias_arn)]
        seen = (run.shown("ListExecutions", self.now()) for run in known)
        runs = [run for run in seen if run is not None]
        runs = [run for run in runs if asked in {None, run.status}]
        runs.sort(key=lambda run: run.started_at, reverse=True)
        page, token = self._page(runs, body.get("maxResults") or 100, body.get("nextToken"))
        return without_none(executions=[run.summary() for run in page], nextToken=token)

    def get_execution_history(self, body: Body) -> Answer:
        run = self._shown("GetExecutionHistory", body)
        events: Sequence[Event] = run.events
        size, token = body.get("maxResults") or 100, body.get("nextToken")
        if body.get("reverseOrder"):
            # A token of the reverse order names the newest event still to come, so that events
            # appended between two pages shift nothing.
            newest = self._offset(token) if token else len(events)
            events = events[:newest][::-1]
            page, more = events[:size], newest - size
            token = self._token(more) if more > 0 else None
        else:
            page, token = self._page(events, size, token)
        if not body.get("includeExecutionData", True):
            page = [_without_payloads(event) for event in page]
        return without_none(events=list(page), nextToken=token)

    def stop_execution(self, body: Body) -> Answer:
        run = self._run(body)
        if run.status == "RUNNING":
            details = without_none(error=body.get("error"), cause=body.get("cause"))
            aborted = {"type": "ExecutionAborted", "executionAbortedEventDetails": details}
            self.append(run, aborted)
        return {"stopDate": wire(run.stopped_at)}

    def redrive_execution(self, body: Body) -> Answer:
        run, at = self._run(body), self.now()
        if run.status not in {"FAILED", "TIMED_OUT", "ABORTED"}:
            raise Refusal("ExecutionNotRedrivable")
        details = {"redriveCount": run.redrive_count + 1}
        self.append(run, {"type": "ExecutionRedriven", "executionRedrivenEventDetails": details})
        return {"redriveDate": wire(at)}

    def send_task_success(self, body: Body) -> Answer:
        return self._settle(body, "TaskSucceeded", output=body["output"])

    def send_task_failure(self, body: Body) -> Answer:
        return self._settle(body, "TaskFailed", error=body.get("error"), cause=body.get("cause"))

    def send_task_heartbeat(self, body: Body) -> Answer:
        self._waiting(body["taskToken"])
        return {}

    def list_activities(self, body: Body) -> Answer:
        size = min(body.get("maxResults") or self.machines_per_page, self.machines_per_page)
        arns, token = self._page(list(self.activities), size, body.get("nextToken"))
        shown = [
            {"activityArn": arn, "name": arn.rpartition(":")[2], "creationDate": wire(self.now())}
            for arn in arns
        ]
        return without_none(activities=shown, nextToken=token)

    def create_activity(self, body: Body) -> Answer:
        arn = activity_arn(body["name"])
        self.activities.setdefault(arn, [])
        return {"activityArn": arn, "creationDate": wire(self.now())}

    def get_activity_task(self, body: Body) -> Answer:
        """AWS's empty answer, after its minute: the members are there and null."""
        if body["activityArn"] not in self.activities:
            raise Refusal("ActivityDoesNotExist", f"Activity Does Not Exist: '{body}'")
        tasks = self.activities[body["activityArn"]]
        return tasks.pop(0) if tasks else {"taskToken": None, "input": None}

    def _settle(self, body: Body, kind: str, **outcome: str | None) -> Answer:
        token = self._waiting(body["taskToken"])
        token.settled = True
        run = self.runs[token.execution_arn]
        scheduled = run.events[token.event_id - 1].get("taskScheduledEventDetails", {})
        named = {key: scheduled.get(key) for key in ("resource", "resourceType")}
        key = f"{kind[0].lower()}{kind[1:]}EventDetails"
        event = {"type": kind, "previousEventId": token.event_id}
        self.append(run, event | {key: without_none(**named, **outcome)})
        return {}

    def _waiting(self, token: str) -> Token:
        known = self.tokens.get(token)
        if known is None:
            raise Refusal("InvalidToken", "Invalid Token: 'Invalid token'")
        if known.settled or self.runs[known.execution_arn].status != "RUNNING":
            raise Refusal("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
        return known

    def _machine(self, arn: str) -> Machine:
        if ":stateMachine:" not in arn:
            raise Refusal("InvalidArn", f"Invalid Arn: '{arn}'")
        if machine := self.machines.get(arn):
            return machine
        raise Refusal("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")

    def _meant(
        self, arn: str, *, missing: str = "machine"
    ) -> tuple[Machine, str | None, str | None]:
        """The machine, and the version and alias that an ARN names."""
        base, _, qualifier = arn.rpartition(":")
        if base not in self.machines:
            return self._machine(arn), None, None
        machine = self.machines[base]
        if qualifier in machine.versions:
            return machine, qualifier, None
        if qualifier in machine.aliases:
            return machine, machine.aliases[qualifier], qualifier
        code = "ResourceNotFound" if missing == "alias" else "StateMachineDoesNotExist"
        raise Refusal(code, f"State Machine Does Not Exist: '{arn}'")

    def _run(self, body: Body) -> Run:
        arn = body["executionArn"]
        if ":execution:" not in arn:
            raise Refusal("InvalidArn", f"Invalid Arn: '{arn}'")
        run = self.runs.get(arn)
        if run and run.hidden_reads:
            run.hidden_reads -= 1
            run = None
        if run is None:
            raise Refusal("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
        return run

    def _shown(self, operation: str, body: Body) -> Run:
        """As this read shows it, which may lag behind."""
        if (run := self._run(body).shown(operation, self.now())) is None:
            arn = body["executionArn"]
            raise Refusal("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
        return run

    def _page(
        self, items: Sequence[Any], size: int, token: str | None
    ) -> tuple[Sequence[Any], str | None]:
        start = self._offset(token) if token else 0
        more = start + size < len(items)
        return items[start : start + size], self._token(start + size) if more else None

    def _token(self, offset: int) -> str:
        return base64.b64encode(f"{self.token_generation}/{offset}".encode()).decode()

    def _offset(self, token: str) -> int:
        try:
            generation, _, offset = base64.b64decode(token, validate=True).decode().partition("/")
            if int(generation) == self.token_generation:
                return int(offset)
        except (binascii.Error, ValueError):
            pass
        raise Refusal("InvalidToken", "Invalid Token: 'Invalid token'")


def machine_arn(name: str) -> str:
    return f"arn:aws:states:{REGION}:{ACCOUNT_ID}:stateMachine:{name}"


def activity_arn(name: str) -> str:
    return f"arn:aws:states:{REGION}:{ACCOUNT_ID}:activity:{name}"


def execution_arn(machine: Machine, name: str) -> str:
    """Standard `…:execution:machine:name`, Express `…:express:machine:name:uuid`."""
    if machine.type == "EXPRESS":
        return f"arn:aws:states:{REGION}:{ACCOUNT_ID}:express:{machine.name}:{name}:{uuid4()}"
    return f"arn:aws:states:{REGION}:{ACCOUNT_ID}:execution:{machine.name}:{name}"


def _machine(machine: Machine) -> Answer:
    return {
        "stateMachineArn": machine.arn,
        "name": machine.name,
        "type": machine.type,
        "creationDate": wire(machine.created_at),
    }


def _without_payloads(event: Event) -> Event:
    bare: Event = json.loads(json.dumps(event))
    for details in bare.values():
        if isinstance(details, dict):
            for key in PAYLOADS:
                details.pop(key, None)
    return bare
