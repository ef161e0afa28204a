"""What a JSONPath gives (Jayway's rules, which AWS follows).

A definite path, one that can find one place only, gives its value, or fails where nothing is
there; any other gives a list, of one or of none too. moto tells by what was found: `$.a[0].x` was
a list of one, a filter's only match no list, and a filter without a match a failure. A Choice may
compare with the context object, and a filter by a regular expression; moto's parser reads neither.
"""

import json
import re
from functools import lru_cache
from threading import Lock
from typing import Any

from jsonpath_ng.jsonpath import Child, Fields, Index, Root
from moto.stepfunctions.parser.asl.component.common.string import string_expression
from moto.stepfunctions.parser.asl.component.intrinsic.argument import argument
from moto.stepfunctions.parser.asl.component.state.choice.comparison.comparison_func import (
    ComparisonFuncValue,
)
from moto.stepfunctions.parser.asl.component.state.choice.comparison.operator.implementations import (  # noqa: E501
    boolean_equals,
    numeric,
    string_operators,
    timestamp_operators,
)
from moto.stepfunctions.parser.asl.eval import states
from moto.stepfunctions.parser.asl.utils.json_path import NoSuchJsonPathError, parse

from .seam import Seam

_one_at_a_time = Lock()
_REGEX = re.compile(r"=~\s*/(?P<pattern>(?:[^/\\]|\\.)*)/(?P<flags>[a-z]*)")
_compared = ComparisonFuncValue._eval_body
_READERS = (
    argument,
    boolean_equals,
    numeric,
    states,
    string_expression,
    string_operators,
    timestamp_operators,
)


def extracted(path: str, data: Any) -> Any:
    """Raises NoSuchJsonPathError for a definite path to nothing."""
    read = _parsed(path)
    found = [match.value for match in read.find(data)]
    if not _definite(read):
        return found
    if not found:
        raise NoSuchJsonPathError(json_path=path, data=data)
    return found[0]


@lru_cache(1024)
def _parsed(path: str) -> Any:
    with _one_at_a_time:  # its parser generator isn't said to be safe in threads
        return parse(_REGEX.sub(_as_text, path))


def _as_text(match: re.Match[str]) -> str:
    """`=~ /…/i` in the parser's own way; Jayway holds all of the value against it."""
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


def _with_the_context(self: Any, env: Any) -> None:
    """The operators read their path in what lies below the variable on the stack."""
    path = self.value
    if not (isinstance(path, str) and path.startswith("$$") and _is_path(self.operator_type)):
        _compared(self, env)
        return
    variable = env.stack.pop()
    env.stack += [env.states.context_object.context_object_data, variable]
    _compared(ComparisonFuncValue(self.operator_type, path[1:]), env)
    del env.stack[-2]


def _is_path(operator_type: Any) -> bool:
    return str(operator_type).endswith("Path")


SEAMS: tuple[Seam, ...] = (
    *((module, "extract_json", extracted) for module in _READERS),
    (ComparisonFuncValue, "_eval_body", _with_the_context),
)
