"""Takes a Choice's own Assign and Output where no rule matched alone."""

from collections.abc import Callable
from typing import Any

from .assigned_too_early import visit
from .patches import Fault, replaces, wraps

FAULT = Fault(
    moto="Where a rule matches whose Next is the Default too, the Choice's own Assign and Output"
    " are evaluated over the rule's.",
    since="5.1.0",
    aws="They are evaluated where no rule matched.",
    known="Executions recorded on AWS.",
)
_CHOICE = "component.state.choice"


@wraps(f"{_CHOICE}.choice_rule:ChoiceRule._eval_body")
def evaluate_rule(original: Callable[..., None], self: Any, env: Any) -> None:
    """moto forgets that a rule matched."""
    original(self, env)
    if env.stack[-1] is True:
        env.matched_by_rule = visit(env)


@replaces(f"{_CHOICE}.state_choice:StateChoice._eval_state_output")
def give_output(self: Any, env: Any) -> None:
    """moto goes by the next state's name."""
    next_state_name = env.stack.pop()
    if getattr(env, "matched_by_rule", None) is not visit(env):
        for field in (self.assign_decl, self.output):
            if field:
                field.eval(env=env)
    if self._is_language_query_jsonpath():
        if self.output_path:
            self.output_path.eval(env=env)
        else:
            env.states.reset(input_value=env.stack.pop())
    env.next_state_name = next_state_name
