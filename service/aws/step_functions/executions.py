"""Starts, reads and steers executions: adapts `ports.Executions`, `ports.Histories` and
`ports.MapRuns`."""

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from handrail.aws.calls import AwsAdapter, answered_at
from handrail.core import models
from handrail.core.errors import UnsupportedByEndpoint
from handrail.core.history.events import parse_event
from handrail.core.machine_reference import qualifier_of
from handrail.core.models import Execution, ExecutionId, ExecutionStatus, HistoryEvent, Page
from handrail.core.trace_context import TraceContext

PAGE_SIZE = 1000
"""The most events GetExecutionHistory gives at once."""


class AwsExecutions(AwsAdapter):
    """Executions of the clients' account and region."""

    async def start(
        self, machine_arn: str, *, name: str, input: str, trace: TraceContext | None = None
    ) -> models.StartedExecution:
        """A lost answer is asked for again: safe for Standard, where the name makes it one start;
        an Express state machine may then run twice."""
        given = {"stateMachineArn": machine_arn, "name": name, "input": input}
        within: TraceContext | None = None

        async def starting() -> Mapping[str, Any]:
            nonlocal within
            within = self._calls.trace(trace)
            more = _trace_header(within)
            return await self._clients.starter.start_execution(**given, **more)

        asked_at = time.monotonic()
        answer = await self._calls.call("StartExecution", starting(), resource=machine_arn)
        arn, started_at = answer["executionArn"], answer["startDate"]
        return models.StartedExecution(arn, started_at, asked_at, time.monotonic(), within)

    async def start_sync(
        self, machine_arn: str, *, name: str, input: str, trace: TraceContext | None = None
    ) -> models.SyncResult:
        sfn = await self._clients.sync()
        given: Any = {"stateMachineArn": machine_arn, "name": name, "input": input}
        within: TraceContext | None = None

        async def starting() -> Mapping[str, Any]:
            nonlocal within
            within = self._calls.trace(trace)
            more: Any = _trace_header(within)
            return await sfn.start_sync_execution(**given, **more)

        answer = await self._calls.call("StartSyncExecution", starting(), resource=machine_arn)
        billing = answer.get("billingDetails", {})
        return models.SyncResult(
            arn=answer["executionArn"],
            name=answer.get("name", name),
            status=ExecutionStatus(answer["status"]),
            started_at=answer["startDate"],
            stopped_at=answer["stopDate"],
            output=_payload(answer, "output"),
            error=answer.get("error"),
            cause=answer.get("cause"),
            billed_ms=billing.get("billedDurationInMilliseconds"),
            billed_mb=billing.get("billedMemoryUsedInMB"),
            trace=within,
        )

    async def describe(self, execution_arn: str) -> Execution:
        describing = self._sfn.describe_execution(executionArn=execution_arn)
        answer = await self._calls.call("DescribeExecution", describing, resource=execution_arn)
        return _execution(answer)

    async def list_page(
        self,
        machine_arn: str,
        *,
        status: ExecutionStatus | None = None,
        limit: int = 50,
        token: str | None = None,
    ) -> Page[Execution]:
        asked = _given(statusFilter=status and status.value, nextToken=token)
        listing = self._sfn.list_executions(stateMachineArn=machine_arn, maxResults=limit, **asked)
        answer = await self._calls.call("ListExecutions", listing, resource=machine_arn)
        return Page(tuple(map(_execution, answer["executions"])), answer.get("nextToken"))

    async def stop(
        self, execution_arn: str, *, error: str | None = None, cause: str | None = None
    ) -> datetime:
        asked = _given(error=error, cause=cause)
        stopping = self._sfn.stop_execution(executionArn=execution_arn, **asked)
        answer = await self._calls.call("StopExecution", stopping, resource=execution_arn)
        return answer["stopDate"]

    async def redrive(self, execution_arn: str) -> datetime:
        redriving = self._sfn.redrive_execution(executionArn=execution_arn)
        answer = await self._calls.call("RedriveExecution", redriving, resource=execution_arn)
        return answer["redriveDate"]


class AwsHistories(AwsAdapter):
    """Histories of Standard executions, payloads included."""

    async def read_page(
        self,
        execution_arn: str,
        *,
        limit: int,
        newest_first: bool = False,
        token: str | None = None,
    ) -> Page[HistoryEvent]:
        """`limit` beyond 1,000 reads 1,000."""
        reading = self._sfn.get_execution_history(
            executionArn=execution_arn,
            maxResults=min(limit, PAGE_SIZE),
            reverseOrder=newest_first,
            includeExecutionData=True,
            **_given(nextToken=token),
        )
        answer = await self._calls.call("GetExecutionHistory", reading, resource=execution_arn)
        events = tuple(map(parse_event, answer["events"]))
        return Page(events, answer.get("nextToken"), answered_at(answer))


class AwsMapRuns(AwsAdapter):
    """The Map Runs of distributed Maps, and their child executions."""

    async def describe(self, arn: str) -> models.MapRun:
        describing = self._sfn.describe_map_run(mapRunArn=arn)
        answer = await self._calls.call("DescribeMapRun", describing, resource=arn)
        counts: Mapping[str, Any] | None = answer.get("itemCounts")
        if not counts:
            raise UnsupportedByEndpoint("This endpoint doesn't count a Map Run's items.")
        return models.MapRun(answer["status"] != "RUNNING", {**counts})

    async def list_children(
        self, arn: str, *, status: ExecutionStatus | None, limit: int, token: str | None
    ) -> Page[Execution]:
        asked = _given(statusFilter=status and status.value, nextToken=token)
        listing = self._sfn.list_executions(mapRunArn=arn, maxResults=limit, **asked)
        answer = await self._calls.call("ListExecutions", listing, resource=arn)
        return Page(tuple(map(_execution, answer["executions"])), answer.get("nextToken"))


def _trace_header(within: TraceContext | None) -> dict[str, str]:
    """Of the call itself: its span is what the execution is then a part of."""
    return {} if within is None else {"traceHeader": within.xray_header()}


def _given(**members: str | None) -> dict[str, Any]:
    """botocore takes no None for "not given"."""
    return {name: value for name, value in members.items() if value is not None}


def _execution(item: Mapping[str, Any]) -> Execution:
    """Reads one that was described, or a listed one, which has neither input nor output."""
    return Execution(
        id=ExecutionId.parse(item["executionArn"]),
        arn=item["executionArn"],
        status=ExecutionStatus(item["status"]),
        started_at=item["startDate"],
        stopped_at=item.get("stopDate"),
        input=_payload(item, "input"),
        output=_payload(item, "output"),
        error=item.get("error"),
        cause=item.get("cause"),
        redrive_count=item.get("redriveCount", 0),
        version=qualifier_of(item.get("stateMachineVersionArn")),
        alias=qualifier_of(item.get("stateMachineAliasArn")),
        trace=TraceContext.of_xray(item.get("traceHeader", "")),
    )


def _payload(answer: Mapping[str, Any], name: str) -> str | None:
    """Reads a JSON text; None where AWS left it out (it says so in `inputDetails`)."""
    text: str | None = answer.get(name)
    if text is None or answer.get(f"{name}Details", {}).get("included") is False:
        return None
    return text
