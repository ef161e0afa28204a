"""The account that the quota endpoint shows: executions that follow a plan, and what is asked of
them. Answers are JSON bytes; times are seconds since 1970, as on the wire.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from .plans import TOKEN, Plan, PlannedEvent, approved, plan, stopped

ACCOUNT = "arn:aws:states:us-east-1:123456789012"
ROLE = "arn:aws:iam::123456789012:role/benchmark"
ENDS = {"ExecutionSucceeded": "SUCCEEDED", "ExecutionAborted": "ABORTED"}
CREATED_AT = 1_767_225_600.0
Body = dict[str, Any]


class Refusal(Exception):
    """AWS's code of an error."""


@dataclass(slots=True)
class Execution:
    """It follows its plan from `started_at` on; what was settled follows behind."""

    name: str
    plan: Plan
    started_at: float
    more: list[PlannedEvent] = field(default_factory=list)

    @property
    def arn(self) -> str:
        return f"{ACCOUNT}:execution:{self.plan.machine}:{self.name}"

    @property
    def token(self) -> str:
        """A task token in AWS's form."""
        digest = hashlib.sha512(self.name.encode()).digest() * 5
        return "AAAAKgAAAAIAAAAAAAAAA" + base64.b64encode(digest).decode().rstrip("=")

    @property
    def machine_arn(self) -> str:
        return f"{ACCOUNT}:stateMachine:{self.plan.machine}"

    def visible(self, now: float) -> int:
        return self.plan.visible(now - self.started_at) + len(self.more)

    def event(self, id: int) -> PlannedEvent:
        planned = self.plan.events
        return planned[id - 1] if id <= len(planned) else self.more[id - 1 - len(planned)]

    def at(self, id: int) -> float:
        """When this event happens."""
        return self.started_at + self.event(id).after_s

    def status(self, now: float) -> tuple[str, float | None]:
        """The execution's status, and since when it has ended."""
        last = self.more[-1] if self.more else self.plan.events[-1]
        ended_at = self.started_at + last.after_s
        status = ENDS.get(last.type)
        return ("RUNNING", None) if status is None or ended_at > now else (status, ended_at)

    def written(self, ids: Iterator[int] | range, *, whole: bool) -> Iterator[bytes]:
        """These events as JSON."""
        token = self.token.encode()
        for id in ids:
            event = self.event(id)
            details = event.details if whole else event.bare
            yield b'{"id":%d,"previousEventId":%d,"type":"%b","timestamp":%.3f,%b}' % (
                id,
                event.previous,
                event.type.encode(),
                self.started_at + event.after_s,
                details.replace(TOKEN.encode(), token),
            )

    def summary(self, now: float) -> Body:
        status, ended_at = self.status(now)
        stopped = {} if ended_at is None else {"stopDate": round(ended_at, 3)}
        return {
            "executionArn": self.arn,
            "stateMachineArn": self.machine_arn,
            "name": self.name,
            "status": status,
            "startDate": round(self.started_at, 3),
            "redriveCount": 0,
            **stopped,
        }


class Account:
    """All executions, and the operations the service needs to watch and to settle."""

    def __init__(self) -> None:
        self._executions: dict[str, Execution] = {}
        self._tokens: dict[str, Execution] = {}
        self._plans: dict[str, Plan] = {}
        self.operations: dict[str, Callable[[Body, float], bytes]] = {
            "ListStateMachines": self._list_state_machines,
            "DescribeStateMachine": self._describe_state_machine,
            "DescribeStateMachineForExecution": self._describe_state_machine_for_execution,
            "DescribeExecution": self._describe_execution,
            "ListExecutions": self._list_executions,
            "GetExecutionHistory": self._get_execution_history,
            "SendTaskSuccess": self._send_task_success,
            "StopExecution": self._stop_execution,
        }

    @property
    def executions(self) -> Sequence[Execution]:
        return list(self._executions.values())

    def add(self, names: Sequence[str], plan_name: str, first_at: float, over_s: float) -> None:
        """Executions of one plan, their starts spread evenly over a time."""
        followed = plan(plan_name)
        self._plans[f"{ACCOUNT}:stateMachine:{followed.machine}"] = followed
        for number, name in enumerate(names):
            started_at = first_at + over_s * number / len(names)
            execution = Execution(name, followed, started_at)
            self._executions[execution.arn] = execution
            if followed.machine == "waits":
                self._tokens[execution.token] = execution

    def history(self, arn: str, now: float) -> bytes:
        """The whole of one."""
        execution = self._executions[arn]
        ids = range(1, execution.visible(now) + 1)
        return b'{"events":[' + b",".join(execution.written(ids, whole=True)) + b"]}"

    def _list_state_machines(self, _: Body, now: float) -> bytes:
        return _json({"stateMachines": [_machine(each) for each in self._plans.values()]})

    def _describe_state_machine(self, body: Body, now: float) -> bytes:
        found = self._plan(body)
        described = {"status": "ACTIVE", "definition": found.definition, "roleArn": ROLE}
        return _json({**_machine(found), **described})

    def _describe_state_machine_for_execution(self, body: Body, now: float) -> bytes:
        found = self._execution(body, now).plan
        machine = _machine(found)
        kept = {key: machine[key] for key in ("stateMachineArn", "name")}
        described = {"definition": found.definition, "roleArn": ROLE, "updateDate": CREATED_AT}
        return _json(kept | described)

    def _describe_execution(self, body: Body, now: float) -> bytes:
        execution = self._execution(body, now)
        first = json.loads(b"{" + execution.plan.events[0].details + b"}")
        text = first["executionStartedEventDetails"]["input"]
        shown = execution.summary(now) | {"input": text, "inputDetails": {"included": True}}
        if shown["status"] == "SUCCEEDED":
            shown |= {"output": text, "outputDetails": {"included": True}}
        return _json(shown)

    def _list_executions(self, body: Body, now: float) -> bytes:
        followed = self._plan(body)
        lines = [
            each.summary(now)
            for each in self._executions.values()
            if each.plan is followed and each.started_at <= now
        ]
        asked = body.get("statusFilter")
        lines = [line for line in lines if asked in {None, line["status"]}]
        lines.sort(key=lambda line: line["startDate"], reverse=True)
        start, size = int(body.get("nextToken") or 0), body.get("maxResults") or 100
        more = {"nextToken": str(start + size)} if start + size < len(lines) else {}
        return _json({"executions": lines[start : start + size], **more})

    def _get_execution_history(self, body: Body, now: float) -> bytes:
        """A token is the id the next page begins with, so that new events shift nothing."""
        execution = self._execution(body, now)
        visible, size = execution.visible(now), body.get("maxResults") or 100
        token = body.get("nextToken")
        if body.get("reverseOrder"):
            first = int(token) if token else visible
            ids, after = range(first, max(0, first - size), -1), first - size
            more = after > 0
        else:
            first = int(token) if token else 1
            ids, after = range(first, min(visible, first + size - 1) + 1), first + size
            more = after <= visible
        whole = body.get("includeExecutionData", True)
        events = b",".join(execution.written(ids, whole=whole))
        return b'{"events":[' + events + (b'],"nextToken":"%d"}' % after if more else b"]}")

    def _send_task_success(self, body: Body, now: float) -> bytes:
        execution = self._tokens.get(body["taskToken"])
        if execution is None:
            raise Refusal("InvalidToken")
        if execution.more:
            raise Refusal("TaskTimedOut")
        execution.more += approved(now - execution.started_at, len(execution.plan.events))
        return b"{}"

    def _stop_execution(self, body: Body, now: float) -> bytes:
        execution = self._execution(body, now)
        if execution.status(now)[1] is None:
            execution.more += [stopped(now - execution.started_at, execution.visible(now))]
        return _json({"stopDate": execution.status(now)[1]})

    def _plan(self, body: Body) -> Plan:
        arn = body["stateMachineArn"]
        if arn not in self._plans:
            raise Refusal("StateMachineDoesNotExist")
        return self._plans[arn]

    def _execution(self, body: Body, now: float) -> Execution:
        execution = self._executions.get(body["executionArn"])
        if execution is None or execution.started_at > now:
            raise Refusal("ExecutionDoesNotExist")
        return execution


def _machine(shown: Plan) -> Body:
    return {
        "stateMachineArn": f"{ACCOUNT}:stateMachine:{shown.machine}",
        "name": shown.machine,
        "type": "STANDARD",
        "creationDate": CREATED_AT,
    }


def _json(value: object) -> bytes:
    return json.dumps(value).encode()
