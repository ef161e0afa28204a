"""Starts an execution's state machine again, with the input it had or with another one."""

from contextlib import suppress
from dataclasses import dataclass, replace

from handrail.clock import Clock
from handrail.core.errors import (
    ExecutionConflict,
    ExecutionNotFound,
    FieldError,
    InputUnavailable,
    UnsupportedByType,
)
from handrail.core.json_grammar import is_json
from handrail.core.json_text import JsonText
from handrail.core.models import Execution, ExecutionId, Json, reference
from handrail.core.ports import Executions
from handrail.core.trace_context import TraceContext
from handrail.usecases.catalogue import Catalogue
from handrail.usecases.executions import ExecutionService, NewExecution, Started
from handrail.usecases.lag import REQUEST_S, YOUNG_S, looked_for, not_shown

NO_CHILDREN = (
    "This is one item's execution of a Map Run: only the Map Run's parent can be replayed, as a"
    " whole."
)
NO_EXPRESS = (
    "AWS keeps neither input nor history of Express executions: start the state machine with the"
    " input you have."
)
NO_INPUT = "AWS doesn't show this execution's input: send one."
ITSELF = "This is the name of the execution that is to be replayed."


@dataclass(frozen=True, slots=True)
class NewReplay:
    """A replay of `execution`, an id or an ARN; with the input it had where `keeps_input`."""

    execution: str
    keeps_input: bool = True
    input: Json = None
    name: str | None = None
    key: str | None = None
    trace: TraceContext | None = None


@dataclass(frozen=True, slots=True, repr=False)
class ReplayService:
    catalogue: Catalogue
    executions: Executions
    starting: ExecutionService
    clock: Clock

    async def start(self, replay: NewReplay, *, patience_s: float = REQUEST_S) -> Started:
        """Start as `ExecutionService.start` does. An old input is passed on as AWS has it, to the
        letter. Raises what that raises, ExecutionNotFound, UnsupportedByType, InputUnavailable, and
        ExecutionConflict for a name that is the old one's."""
        id, account = reference(replay.execution)
        if id.express or id.label:
            raise UnsupportedByType(NO_EXPRESS if id.express else NO_CHILDREN)
        here = await self.catalogue.account(id.machine)
        if account not in {None, here}:
            raise ExecutionNotFound("No such execution in this account and region.")
        if replay.name == id.name:
            raise ExecutionConflict(ITSELF, errors=[FieldError("name", ITSELF)])
        before = await self._found(id, here.execution_arn(id))
        start = NewExecution(
            _machine_of(before),
            replay.input,
            replay.name,
            replay.key,
            replay_of=before.id,
            trace=replay.trace,
        )
        if replay.keeps_input:
            start = _with_input_of(start, before)
        return await self.starting.start(start, patience_s=patience_s)

    async def _found(self, id: ExecutionId, arn: str) -> Execution:
        """As AWS describes it; what isn't there yet is looked for again. Raises NotShownYet for
        what this service started, ExecutionNotFound."""

        async def look() -> Execution | None:
            with suppress(ExecutionNotFound):
                return await self.executions.describe(arn)
            return None

        if (found := await looked_for(self.clock, look, REQUEST_S)) is not None:
            return found
        start = await self.starting.recent.find(id)
        if start is not None and start.age_s < YOUNG_S:
            raise not_shown()
        raise ExecutionNotFound("There is no such execution.")


def _machine_of(execution: Execution) -> str:
    """By the same alias, which may lead elsewhere by now, or of the same version."""
    qualifier = execution.alias or execution.version
    return ":".join(filter(None, (execution.id.machine, qualifier)))


def _with_input_of(start: NewExecution, before: Execution) -> NewExecution:
    """Raises InputUnavailable where AWS leaves the input out, or shows no JSON."""
    if before.input is None:
        raise InputUnavailable(NO_INPUT)
    if not is_json(before.input):
        raise InputUnavailable(NO_INPUT)
    return replace(start, input=JsonText(before.input))
