"""Knows the state machines: names to ARNs, definitions, and what the local files add.

ListStateMachines is asked once per TTL and again for a missing name, by the first for all.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

from pydantic_core import from_json

from service.clock import Clock
from service.core.definition.callback_choices import Callback
from service.core.definition.definition import Definition
from service.core.definition.json_schema import InputSchema
from service.core.errors import ExecutionNotFound, ServiceError, StateMachineNotFound
from service.core.models import Account, DescribedStateMachine, Json, StateMachine
from service.core.ports import StateMachines
from service.usecases.in_memory import keep_newest
from service.usecases.lag import looked_for
from service.usecases.machine_folder import FolderProblem

MISS_INTERVAL_S = 0.5  # how soon an unknown name may cause another listing
DESCRIBED = 256


@dataclass(frozen=True, slots=True)
class KnownMachine:
    """A state machine as the project's files describe it."""

    description: str | None = None
    input_schema: Mapping[str, Json] | bool | None = None
    output_schemas: Mapping[str, Mapping[str, Json] | bool] = field(default_factory=dict)
    callbacks: Mapping[str, Callback] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Described:
    machine: DescribedStateMachine
    definition: Definition
    description: str | None
    input_schema: Mapping[str, Json] | bool | None


@dataclass(slots=True, repr=False)
class Catalogue:
    """Shared by every request. `problems` are the folders this process left out in deploying; for
    `looked_for_s` a name that AWS doesn't list is looked for again, as its lists lag."""

    machines: StateMachines
    clock: Clock
    ttl_s: float = 60.0
    looked_for_s: float = 0.0
    known: Mapping[str, KnownMachine] | None = None
    problems: Sequence[FolderProblem] = ()
    _schemas: dict[str, InputSchema] = field(init=False, default_factory=dict)
    _by_name: dict[str, StateMachine] = field(init=False, default_factory=dict)
    _listed_at: float = field(init=False, default=-inf)
    _listing: asyncio.Task[None] | None = field(init=False, default=None)
    _described: dict[str, tuple[float, Described]] = field(init=False, default_factory=dict)

    async def list_all(self) -> Sequence[tuple[StateMachine, str | None]]:
        """Every state machine by name, with its description where one is known."""
        await self._fresh(self.ttl_s)
        found = []
        for name, machine in sorted(self._by_name.items()):
            _, described = self._described.get(machine.arn, (0.0, self._of(name)))
            found.append((machine, self._of(name).description or described.description))
        return found

    async def resolve(self, name: str) -> StateMachine:
        """Name (or ARN) to machine; one listed before also where AWS can't be asked. Raises
        StateMachineNotFound after looking again."""
        for within_s in (self.ttl_s, MISS_INTERVAL_S):
            try:
                await self._fresh(within_s)
            except ServiceError:
                if self._find(name) is None:
                    raise
            if (machine := self._find(name)) is not None:
                return machine
        self._left_out(name)

        async def look() -> StateMachine | None:
            await self._fresh(MISS_INTERVAL_S)
            return self._find(name)

        if (machine := await looked_for(self.clock, look, self.looked_for_s)) is not None:
            return machine
        raise StateMachineNotFound("No state machine of this name in this account and region.")

    def _left_out(self, name: str) -> None:
        """Raises StateMachineNotFound with the reason where this process didn't deploy it."""
        for problem in self.problems:
            if name in (problem.name, problem.folder.name):
                raise StateMachineNotFound(f"This state machine was left out: {problem.reason}")

    async def describe(self, name: str) -> Described:
        """Raises StateMachineNotFound."""
        machine = await self.resolve(name)
        kept = self._described.get(machine.arn)
        if kept is not None and self.clock.monotonic() - kept[0] < self.ttl_s:
            return kept[1]
        described = await self.machines.describe(machine.arn)
        definition, known = Definition.parse(described.definition), self._of(machine.name)
        description = known.description or definition.comment
        whole = Described(described, definition, description, known.input_schema)
        self._described[machine.arn] = (self.clock.monotonic(), whole)
        keep_newest(self._described, DESCRIBED)
        return whole

    async def account(self) -> Account:
        """Where executions live. Raises ExecutionNotFound where no machine tells."""
        if not self._by_name:
            await self._fresh(MISS_INTERVAL_S)
        for machine in self._by_name.values():
            return Account.of(machine.arn)
        raise ExecutionNotFound("There is no state machine in this account and region.")

    def check_input(self, name: str, value: Json) -> None:
        """Raises InvalidInput where the machine has a schema that this doesn't fit."""
        if (schema := self._of(name).input_schema) is not None:
            self._compiled(name, schema, "input").check(value)

    def check_output(self, name: str, state: str, text: str) -> None:
        """Raises InvalidRequest where the state has a schema that this JSON text doesn't fit."""
        if (schema := self.output_schema(name, state)) is not None:
            self._compiled(f"{name}\n{state}", schema, "output").check(from_json(text))

    def output_schema(self, name: str, state: str) -> Mapping[str, Json] | bool | None:
        return self._of(name).output_schemas.get(state)

    def callback(self, name: str, state: str) -> Callback:
        """The machine's words for the question a state asks; empty where it has none."""
        return self._of(name).callbacks.get(state) or Callback()

    async def close(self) -> None:
        """Let go of a listing under way: whoever waited for it has gone."""
        if (listing := self._listing) is not None:
            listing.cancel()
            await asyncio.gather(listing, return_exceptions=True)

    def _of(self, name: str) -> KnownMachine:
        return (self.known or {}).get(name) or KnownMachine()

    def _compiled(self, key: str, schema: Mapping[str, Json] | bool, root: str) -> InputSchema:
        if (compiled := self._schemas.get(key)) is None:
            compiled = self._schemas[key] = InputSchema(schema, root=root)
        return compiled

    def _find(self, name: str) -> StateMachine | None:
        machine = self._by_name.get(name.rpartition(":")[2] if name.startswith("arn:") else name)
        return machine if machine is not None and name in (machine.name, machine.arn) else None

    async def _fresh(self, within_s: float) -> None:
        if self.clock.monotonic() - self._listed_at < within_s:
            return
        if self._listing is None:
            self._listing = asyncio.get_running_loop().create_task(self._list())
            self._listing.add_done_callback(self._listed)
        await asyncio.shield(self._listing)

    async def _list(self) -> None:
        began_at = self.clock.monotonic()
        machines = await self.machines.list_all()
        self._by_name = {machine.name: machine for machine in machines}
        self._listed_at = began_at

    def _listed(self, task: asyncio.Task[None]) -> None:
        self._listing = None
        if not task.cancelled():
            task.exception()  # whoever waits has it; nobody may be left to
