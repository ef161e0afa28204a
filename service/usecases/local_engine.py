"""Declares what is known of the embedded engine beyond what AWS would say: the service in front of
it offers test cases, and tells which tasks nobody answers there."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from handrail.core.definition.definition import Definition
from handrail.core.definition.unanswered_tasks import UnansweredTask, unanswered_tasks


@dataclass(frozen=True, slots=True)
class LocalEngine:
    """`cases` gives the names of a state machine's test cases, `stand_ins` of the states that have
    one; `functions` are the names of the Lambda functions with a handler."""

    cases: Callable[[str], Collection[str]]
    stand_ins: Callable[[str], Collection[str]]
    functions: Collection[str]

    def unanswered(self, machine: str, definition: Definition) -> tuple[UnansweredTask, ...]:
        known = self.stand_ins(machine)
        return unanswered_tasks(definition, stand_ins=known, functions=self.functions)
