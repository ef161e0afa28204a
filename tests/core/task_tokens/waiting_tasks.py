"""States that wait for a callback, by where they send their token."""

from handrail.core.definition.definition import Definition
from handrail.core.models import HistoryEvent, Json
from handrail.core.task_tokens.finding import tokens_by_state
from tests.core.definitions import SQS_WAIT, UUID_TOKEN, machine, task

PLACEHOLDER = "<task_token:1>"
CONTEXT = {
    "Execution": {"Id": "arn:aws:states:eu-west-1:1:execution:m:e"},
    "State": {"Name": "Ask"},
    "Task": {"Token": UUID_TOKEN},
}


def waiting(**fields: Json) -> Definition:
    return machine({"Ask": task(Resource=SQS_WAIT, **fields)})


def by_path(parameters: Json, **fields: Json) -> Definition:
    return waiting(Parameters=parameters, **fields)


def found(
    definition: Definition | None, event: HistoryEvent, state: str = "Ask"
) -> tuple[str, ...]:
    """The state's tokens, or without a definition what the looks say."""
    return tokens_by_state(event, definition).get(state if definition else None, ())


def by_jsonata(arguments: Json) -> Definition:
    return waiting(Arguments=arguments, QueryLanguage="JSONata")
