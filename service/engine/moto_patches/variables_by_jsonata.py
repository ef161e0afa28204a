"""Reads variables of JSONPath states by JSONPath."""

import copy
import re
from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.component.common.query_language import QueryLanguageMode
from moto.stepfunctions.parser.asl.eval.variable_store import NoSuchVariable

from .failures import failure
from .jsonpath_of_one_match import extract
from .patches import Fault, wraps

FAULT = Fault(
    moto="Moto reads a variable in a JSONPath state as a JSONata expression: `$list[0].x` and"
    " `$list[?(@.x > 1)]` mean something else there, and what isn't there was null.",
    since="5.1.0",
    aws="The rest of the path is JSONPath, into the variable's value; a path to nothing fails.",
    known="AWS's documents on variables, and the Amazon States Language specification.",
)
_VARIABLE = re.compile(r"\$(?P<name>[^\W\d]\w*)(?P<rest>.*)", re.DOTALL)


@wraps("component.common.string.string_expression:StringVariableSample._eval_body")
def read_variable(original: Callable[..., None], self: Any, env: Any) -> None:
    """By JSONPath, in a state of that language."""
    found = _VARIABLE.fullmatch(self.expression)
    if found is None or self.query_language_mode is not QueryLanguageMode.JSONPath:
        original(self, env)
        return
    env.stack.append(copy.deepcopy(variable_value(self.expression, env)))


def variable_value(expression: str, env: Any) -> Any:
    """What `$name.a.b` leads to. Raises NoSuchJsonPathError, or the state's failure where there is
    no such variable."""
    found = _VARIABLE.fullmatch(expression)
    if found is None:
        raise ValueError(f"{expression} names no variable")
    try:
        value = env.variable_store.get(found["name"])
    except NoSuchVariable as error:
        field = env.next_field_name
        where = f" specified for the field '{field}'" if field else ""
        cause = f"The variable '{expression}'{where} could not be found"
        raise failure(env, cause) from error
    return extract(f"${found['rest']}", value)
