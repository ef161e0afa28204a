"""Reads values by JSONPath (Jayway's rules, which AWS follows).

A definite path, one that can find one place only, gives its value, or fails where nothing is
there; any other gives a list, of one or of none too. moto tells by what was found: `$.a[0].x` was
a list of one, a filter's only match no list, and a filter without a match a failure.
"""

import json
import re
from collections.abc import Callable
from functools import lru_cache
from threading import Lock
from typing import Any

from jsonpath_ng.jsonpath import Child, Fields, Index, Root
from moto.stepfunctions.parser.asl.utils import json_path

from .seam import replaces, wraps

_one_at_a_time = Lock()
_REGEX = re.compile(r"=~\s*/(?P<pattern>(?:[^/\\]|\\.)*)/(?P<flags>[a-z]*)")
_OPERATORS = "component.state.choice.comparison.operator.implementations"


@replaces(
    "component.common.string.string_expression:extract_json",
    "component.intrinsic.argument.argument:extract_json",
    "eval.states:extract_json",
    f"{_OPERATORS}.boolean_equals:extract_json",
    f"{_OPERATORS}.numeric:extract_json",
    f"{_OPERATORS}.string_operators:extract_json",
    f"{_OPERATORS}.timestamp_operators:extract_json",
)
def extract(path: str, data: Any) -> Any:
    """Raises NoSuchJsonPathError for a definite path to nothing."""
    read = _parsed(path)
    found = [match.value for match in read.find(data)]
    if not _definite(read):
        return found
    if not found:
        raise json_path.NoSuchJsonPathError(json_path=path, data=data)
    return found[0]


@lru_cache(1024)
def _parsed(path: str) -> Any:
    with _one_at_a_time:  # its parser generator isn't said to be safe in threads
        return json_path.parse(_REGEX.sub(_as_text, path))


def _as_text(match: re.Match[str]) -> str:
    """`=~ /…/i`, which moto's parser can't read, in its own way; Jayway holds all of the value
    against it."""
    flags = "".join(flag for flag in match["flags"] if flag in "ims")
    pattern = match["pattern"].replace(r"\/", "/")
    whole = rf"\A(?{flags}:{pattern})\Z"
    return "=~ " + json.dumps(whole, ensure_ascii=False)


def _definite(path: Any) -> bool:
    if isinstance(path, Child):
        return _definite(path.left) and _definite(path.right)
    if isinstance(path, Fields):
        return len(path.fields) == 1
    return isinstance(path, Root) or (isinstance(path, Index) and len(path.indices) == 1)


@wraps("component.state.choice.comparison.comparison_func:ComparisonFuncValue._eval_body")
def compare_with_the_context(original: Callable[..., None], self: Any, env: Any) -> None:
    """moto's Choice can't compare with the context object: the operators read their path in what
    lies below the variable on the stack."""
    path, is_path = self.value, str(self.operator_type).endswith("Path")
    if not (is_path and isinstance(path, str) and path.startswith("$$")):
        original(self, env)
        return
    variable = env.stack.pop()
    env.stack += [env.states.context_object.context_object_data, variable]
    original(type(self)(self.operator_type, path[1:]), env)
    del env.stack[-2]
