"""Assign: what a state assigns is seen by the next one, not by its own Output.

moto assigns first. Output is evaluated with the variables as they were when the state was entered.
"""

import copy
from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.component.common.assign.assign_decl import AssignDecl
from moto.stepfunctions.parser.asl.component.common.outputdecl import Output

from .seam import Seam

Evaluate = Callable[[Any, Any], None]


def _assigned(evaluate: Evaluate) -> Evaluate:
    def assign(self: Any, env: Any) -> None:
        before = copy.copy(env.variable_store)
        before._inner_scope = dict(before._inner_scope)
        before._declaration_tracing = set()
        evaluate(self, env)
        env.variables_before = (_visit(env), before)

    return assign


def _with_what_was(evaluate: Evaluate) -> Evaluate:
    def output(self: Any, env: Any) -> None:
        visit, before = getattr(env, "variables_before", (None, None))
        if visit is not _visit(env):
            evaluate(self, env)
            return
        now, env.variable_store = env.variable_store, before
        try:
            evaluate(self, env)
        finally:
            env.variable_store = now

    return output


def _visit(env: Any) -> Any:
    """What is made anew as a state is entered."""
    return env.states.context_object.context_object_data["State"]


SEAMS: tuple[Seam, ...] = (
    (AssignDecl, "_eval_body", _assigned(AssignDecl._eval_body)),
    (Output, "_eval_body", _with_what_was(Output._eval_body)),
)
