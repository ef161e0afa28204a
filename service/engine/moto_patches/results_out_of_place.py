"""Puts results where ResultPath says."""

import copy
from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

from handrail.core.json_path.path_reading import NoPlace, put
from handrail.core.json_path.path_syntax import parse_path

from .failures import failure
from .patches import Fault, replaces, wraps

FAULT = Fault(
    moto="Moto puts a result into the state's input itself, ends the execution with a RuntimeError"
    " where its place can't be made, and can't read a ResultPath in brackets.",
    since="5.0.16 or earlier",
    aws="Where the input has no place for a result, the state fails with"
    " States.ResultPathMatchFailure, which Catch takes.",
    known="The Amazon States Language specification.",
)


@replaces("component.common.path.result_path:ResultPath._eval_body")
def put_result(self: Any, env: Any) -> None:
    """A ResultPath that is null drops the result."""
    given = env.states.get_input()
    if self.result_path_src is None:
        env.stack[:] = [given]
        return
    result = copy.deepcopy(env.stack.pop())
    try:
        env.stack.append(put(self.result_path_src, given, result))
    except NoPlace as error:
        whole = to_json_str(given)
        cause = f"The ResultPath '{self.result_path_src}' can't be applied to the input '{whole}'"
        raise failure(env, cause, "States.ResultPathMatchFailure") from error


@wraps("component.common.path.result_path:ResultPath.__init__")
def check_place(original: Callable[..., None], self: Any, result_path_src: str | None) -> None:
    """Raises ValueError, which refuses the definition, for a path to no one place."""
    original(self, result_path_src)
    if result_path_src is not None and not parse_path(result_path_src).names_one_place:
        raise ValueError(f"The ResultPath must be a reference path, but is {result_path_src}")
