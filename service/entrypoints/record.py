"""Runs `handrail record --aws`: reads an execution's history from AWS, or from AWS_ENDPOINT_URL."""

from collections.abc import Sequence

from handrail.aws.calls import AwsCalls
from handrail.aws.clients import open_clients
from handrail.aws.step_functions.executions import (
    PAGE_SIZE,
    AwsExecutions,
    AwsHistories,
    AwsMapRuns,
)
from handrail.aws.step_functions.state_machines import AwsStateMachines
from handrail.core.definition.definition import Definition
from handrail.core.errors import InvalidRequest, ServiceError
from handrail.core.models import Execution, ExecutionId, HistoryEvent
from handrail.core.ports import Histories, MapRuns
from handrail.core.stand_ins.recording import RecordedCase, record_case
from handrail.core.task_tokens.finding import learned, tokens_by_state
from handrail.core.task_tokens.redaction import Redactor
from handrail.core.task_tokens.shapes import needs_definition
from handrail.entrypoints.compose_aws import aws_config
from handrail.settings import Settings


async def record_from_aws(settings: Settings, execution_arn: str) -> RecordedCase:
    """Raises InvalidRequest for what is no ARN of a Standard execution, and as `record_case`."""
    if not execution_arn.startswith("arn:"):
        raise InvalidRequest(
            "With --aws the execution is an ARN: its account isn't known otherwise."
        )
    id = ExecutionId.parse(execution_arn)
    async with open_clients(aws_config(settings)) as clients:
        calls = AwsCalls()
        await AwsExecutions(clients, calls).describe(execution_arn)
        machine = await AwsStateMachines(clients, calls).describe_for_execution(execution_arn)
        histories, runs = AwsHistories(clients, calls), AwsMapRuns(clients, calls)
        events = await whole_history(histories, execution_arn)
        children, notes = await children_of(histories, runs, events)
    definition = Definition.parse(machine.definition)
    redactor = Redactor()
    for history in (events, *children):
        for event in filter(needs_definition, history):
            redactor.learn(learned(event, tokens_by_state(event, definition), definition))
    clean = [[redactor.event(event) for event in history] for history in (events, *children)]
    return record_case(str(id), clean[0], definition=definition, children=clean[1:], notes=notes)


async def whole_history(histories: Histories, execution_arn: str) -> list[HistoryEvent]:
    """All pages."""
    events: list[HistoryEvent] = []
    token: str | None = None
    while True:
        page = await histories.read_page(execution_arn, limit=PAGE_SIZE, token=token)
        events += page.items
        token = page.next_token
        if token is None:
            return events


async def children_of(
    histories: Histories, runs: MapRuns, events: Sequence[HistoryEvent]
) -> tuple[list[Sequence[HistoryEvent]], list[str]]:
    """The histories of the child executions of its Map Runs, in the order they began, and notes on
    those that can't be read."""
    children, notes = list[Execution](), list[str]()
    arns = [str(event.details["mapRunArn"]) for event in events if event.type == "MapRunStarted"]
    try:
        for arn in arns:
            token: str | None = None
            while True:
                page = await runs.list_children(arn, status=None, limit=PAGE_SIZE, token=token)
                children += page.items
                token = page.next_token
                if token is None:
                    break
        children.sort(key=lambda child: child.started_at)
        return [await whole_history(histories, child.arn) for child in children], notes
    except ServiceError as error:
        notes.append(f"The child executions of its Map Runs can't be read: {error.detail}")
        return [], notes
