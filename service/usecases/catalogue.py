"""Knows the state machines: names to ARNs, definitions, and what the local files add.

ListStateMachines is asked once per TTL and again for a missing name, by the first for all.
"""

import asyncio
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from math import inf

from handrail.clock import Clock
from handrail.core.aliases import Alias, Named, main_route
from handrail.core.definition.callback_choices import Callback
from handrail.core.definition.callback_question import NOTHING_ASKED, Question
from handrail.core.definition.definition import Definition
from handrail.core.definition.json_schema import InputSchema
from handrail.core.definition.machine_file import known_names
from handrail.core.definition.substitution import fill_known
from handrail.core.errors import (
    ExecutionNotFound,
    FieldError,
    InvalidRequest,
    ServiceError,
    StateMachineNotFound,
)
from handrail.core.json_text import JsonText
from handrail.core.machine_patterns import EVERY_MACHINE, MachinePatterns
from handrail.core.machine_reference import MachineReference
from handrail.core.models import Account, DescribedStateMachine, Json, StateMachine
from handrail.core.ports import StateMachines
from handrail.usecases.in_memory import keep_newest
from handrail.usecases.lag import looked_for
from handrail.usecases.local_engine import LocalEngine
from handrail.usecases.machine_folder import FolderProblem, KnownMachine

MISS_INTERVAL_S = 0.5  # how soon an unknown name may cause another listing
DESCRIBED = 256
CHECKED_AT_ONCE = 4096  # characters


@dataclass(frozen=True, slots=True)
class Described:
    """A state machine, or a version of it: that of an alias is the one which most of its starts run
    now. `versions` and `aliases` are the state machine's, None where that isn't what is meant, or
    AWS doesn't say."""

    machine: DescribedStateMachine
    definition: Definition
    description: str | None
    input_schema: Mapping[str, Json] | bool | None
    alias: Alias | None = None
    versions: Sequence[Named] | None = None
    aliases: Sequence[Named] | None = None


@dataclass(slots=True, repr=False)
class Catalogue:
    """Shared by every request. `known` is by the names that the files have, which may hold names
    that the account gives; `problems` are the folders this process left out in deploying; `local`
    is what is known of the embedded engine, None in front of AWS; for `looked_for_s` a name that
    AWS doesn't list is looked for again, as its lists lag; others than those `served` are none."""

    machines: StateMachines
    clock: Clock
    ttl_s: float = 60.0
    looked_for_s: float = 0.0
    known: Mapping[str, KnownMachine] | None = None
    environment: str = "dev"
    served: MachinePatterns = EVERY_MACHINE
    problems: Sequence[FolderProblem] = ()
    local: LocalEngine | None = None
    _schemas: dict[str, InputSchema] = field(init=False, default_factory=dict)
    _by_name: dict[str, StateMachine] = field(init=False, default_factory=dict)
    _known: dict[str, KnownMachine] = field(init=False, default_factory=dict)
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
        """Name or ARN, with or without a version or an alias (which AWS isn't asked for yet), to
        machine; one listed before also where AWS can't be asked. Raises StateMachineNotFound after
        looking again."""
        reference = MachineReference.parse(name)
        for within_s in (self.ttl_s, MISS_INTERVAL_S):
            try:
                await self._fresh(within_s)
            except ServiceError:
                if self._find(reference) is None:
                    raise
            if (machine := self._find(reference)) is not None:
                return _meant(machine, reference)
        self._left_out(reference)

        async def look() -> StateMachine | None:
            await self._fresh(MISS_INTERVAL_S)
            return self._find(reference)

        if (machine := await looked_for(self.clock, look, self.looked_for_s)) is not None:
            return _meant(machine, reference)
        raise StateMachineNotFound("No state machine of this name in this account and region.")

    def known_name(self, name: str) -> str | None:
        """The state machine's own name in a name or ARN, without asking AWS; None where none is
        known by it."""
        try:
            machine = self._find(MachineReference.parse(name))
        except ServiceError:
            return None
        return machine.name if machine is not None else None

    def learn(self, known: Mapping[str, KnownMachine], problems: Sequence[FolderProblem]) -> None:
        """Take these in place of what the files said before; state machines are listed and
        described anew."""
        self.known, self.problems = known, problems
        self._schemas.clear()
        self._described.clear()
        self._listed_at = -inf
        self._fill_names()

    def _left_out(self, reference: MachineReference) -> None:
        """Raises StateMachineNotFound with the reason where this process didn't deploy it."""
        for problem in self.problems:
            if reference.name in (problem.name, problem.folder.name):
                raise StateMachineNotFound(f"This state machine was left out: {problem.reason}")

    async def describe(self, name: str) -> Described:
        """Raises StateMachineNotFound."""
        machine = await self.resolve(name)
        kept = self._described.get(machine.qualified_arn)
        if kept is not None and self.clock.monotonic() - kept[0] < self.ttl_s:
            return kept[1]
        with naming(machine.reference):
            described = await self._describe(machine)
        self._described[machine.qualified_arn] = (self.clock.monotonic(), described)
        keep_newest(self._described, DESCRIBED)
        return described

    async def _describe(self, machine: StateMachine) -> Described:
        arn, alias, versions, aliases = machine.qualified_arn, None, None, None
        if MachineReference.parse(arn).alias is not None:
            alias = await self.machines.describe_alias(arn)
            arn = f"{machine.arn}:{main_route(alias.routes).version}"
        elif machine.qualifier is None:
            versions = await _if_told(self.machines.list_versions(arn))
            aliases = await _if_told(self.machines.list_aliases(arn))
        found = await self.machines.describe(arn)
        definition, known = Definition.parse(found.definition), self._of(machine.name)
        own = alias.description if alias is not None else found.description
        description = own or known.description or definition.comment
        schema = known.input_schema
        return Described(found, definition, description, schema, alias, versions, aliases)

    async def account(self, machine: str | None = None) -> Account:
        """Where executions live. Raises ExecutionNotFound where no machine tells, and for those of
        a machine that isn't served."""
        if machine is not None and not self.served.match(machine):
            raise ExecutionNotFound("There is no such execution.")
        if not self._by_name:
            await self._fresh(MISS_INTERVAL_S)
        if (account := self.known_account()) is not None:
            return account
        raise ExecutionNotFound("There is no state machine in this account and region.")

    def known_account(self) -> Account | None:
        """The same where a machine told already, without asking AWS; else None."""
        for machine in self._by_name.values():
            return Account.of(machine.arn)
        return None

    async def check_input(self, name: str, text: str) -> None:
        """Raises InvalidInput where the machine has a schema that this JSON text doesn't fit."""
        if (schema := self._of(name).input_schema) is not None:
            await _check(self._compiled(name, schema, "input"), text)

    async def check_output(self, name: str, state: str, text: str) -> None:
        """Raises InvalidRequest where the state has a schema that this JSON text doesn't fit."""
        if (schema := self.output_schema(name, state)) is not None:
            await _check(self._compiled(f"{name}\n{state}", schema, "output"), text)

    def check_case(self, name: str, case: str) -> None:
        """Raises InvalidRequest where an execution of the machine can't be started as this case."""
        if self.local is None:
            problem = "Test cases are for the embedded engine (handrail dev): this is none."
        elif case in (known := self.local.cases(name)):
            return
        else:
            listed = ", ".join(sorted(known)) or "none: handrail dev --mocks reads some"
            problem = f"The state machine {name} has no such test case. It has {listed}."
        raise InvalidRequest(problem, errors=[FieldError("case", problem)])

    def output_schema(self, name: str, state: str) -> Mapping[str, Json] | bool | None:
        return self._of(name).output_schemas.get(state)

    def question(self, name: str, state: str) -> Question:
        """What a state asks of people, by the machine's own words."""
        known = self._of(name)
        callback, schema = known.callbacks.get(state), known.output_schemas.get(state)
        if callback is None and schema is None:
            return NOTHING_ASKED
        return Question(callback or Callback(), schema)

    async def close(self) -> None:
        """Let go of a listing under way: whoever waited for it has gone."""
        if (listing := self._listing) is not None:
            listing.cancel()
            await asyncio.gather(listing, return_exceptions=True)

    def _of(self, name: str) -> KnownMachine:
        return (self._known or self.known or {}).get(name) or KnownMachine()

    def _compiled(self, key: str, schema: Mapping[str, Json] | bool, root: str) -> InputSchema:
        if (compiled := self._schemas.get(key)) is None:
            compiled = self._schemas[key] = InputSchema(schema, root=root)
        return compiled

    def _find(self, reference: MachineReference) -> StateMachine | None:
        machine = self._by_name.get(reference.name)
        here = machine is not None and reference.account in {None, Account.of(machine.arn)}
        return machine if here else None

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
        self._by_name = {each.name: each for each in machines if self.served.match(each.name)}
        self._fill_names()
        self._listed_at = began_at

    def _fill_names(self) -> None:
        """What the account gives, once a state machine of it is known."""
        for machine in islice(self._by_name.values(), 1):
            values = known_names(Account.of(machine.arn), self.environment)
            known = self.known or {}
            self._known = {fill_known(name, values): found for name, found in known.items()}

    def _listed(self, task: asyncio.Task[None]) -> None:
        self._listing = None
        if not task.cancelled():
            task.exception()  # whoever waits has it; nobody may be left to


def _meant(machine: StateMachine, reference: MachineReference) -> StateMachine:
    return replace(machine, qualifier=reference.qualifier) if reference.qualifier else machine


async def _check(schema: InputSchema, text: str) -> None:
    """A long text in a thread of its own: it takes some milliseconds for each thousand characters,
    and others run meanwhile."""
    if len(text) <= CHECKED_AT_ONCE:
        schema.check(JsonText(text))
    else:
        await asyncio.to_thread(schema.check, JsonText(text))


@contextmanager
def naming(reference: str) -> Iterator[None]:
    """Of a state machine that is there, AWS finds no version or alias: raises StateMachineNotFound
    with words that say so."""
    name, _, qualifier = reference.partition(":")
    try:
        yield
    except StateMachineNotFound as error:
        if not qualifier:
            raise
        missing = f"The state machine {name} has no version or alias {qualifier}."
        raise StateMachineNotFound(missing) from error


async def _if_told(listing: Awaitable[Sequence[Named]]) -> Sequence[Named] | None:
    """None where the endpoint has no versions, this service may not list them, or it is no time
    for it: the rest is worth telling all the same."""
    try:
        return await listing
    except ServiceError:
        return None
