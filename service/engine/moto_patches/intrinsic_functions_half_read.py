"""Reads intrinsic functions whole, and answers as AWS does."""

from types import SimpleNamespace
from typing import Any

from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.component.intrinsic.functionname import state_function_name_types

from handrail.core.json_path.intrinsic_syntax import (
    Argument,
    Constant,
    IntrinsicCall,
    parse_intrinsic,
    references,
)
from handrail.core.json_path.references import Reference
from handrail.engine.intrinsic_functions import answer

from .jsonpath_of_one_match import extract
from .names_with_escapes import as_json_means
from .patches import Fault, replaces
from .variables_by_jsonata import variable_value

FAULT = Fault(
    moto="Moto goes on with half an intrinsic function where it can't read the rest, and prints a"
    " line on the console; it can't read `$['a']['b']`, filters, null and decimal numbers in one,"
    " leaves the escapes of its texts in, and takes true for 1.",
    since="5.0.16 or earlier",
    aws="CreateStateMachine refuses what is no whole function; arguments are texts with the escapes"
    " \\' \\{ \\} \\\\, numbers, true, false, null, paths, variables and functions.",
    known="The Amazon States Language specification, AWS's documents on intrinsic functions, and"
    " executions recorded on AWS.",
)
_NAMES = state_function_name_types.StatesFunctionNameType


class IntrinsicFunction(EvalComponent):  # type: ignore[misc] # moto has no types
    """`name.name` is what moto asks to know which function it is."""

    def __init__(self, call: IntrinsicCall) -> None:
        self.call = call
        self.name = SimpleNamespace(name=_NAMES[call.name].name())

    def _eval_body(self, env: Any) -> None:
        env.stack.append(_value(self.call, env))


def _value(argument: Argument, env: Any) -> Any:
    match argument:
        case Constant(value):
            return value
        case IntrinsicCall(name, arguments):
            return answer(name, [_value(each, env) for each in arguments])
        case Reference(path) if argument.in_context:
            return extract(path[1:], env.states.context_object.context_object_data)
        case Reference(path) if argument.variable:
            return variable_value(path, env)
        case Reference(path):
            return extract(path, env.stack[-1])


@replaces("parse.intrinsic.intrinsic_parser:IntrinsicParser.parse")
def read_function(source: str) -> tuple[IntrinsicFunction, None]:
    """Raises MalformedIntrinsic, a ValueError, which refuses the definition. There is no tree."""
    return IntrinsicFunction(parse_intrinsic(as_json_means(source))), None


@replaces(
    "static_analyser.intrinsic.variable_names_intrinsic_static_analyser"
    ":VariableNamesIntrinsicStaticAnalyser.process_and_get"
)
def variables_in(definition: str) -> list[str]:
    """The names of the variables that a function's arguments read."""
    paths = references(parse_intrinsic(as_json_means(definition)))
    return [each.path[1:] for each in paths if each.variable]
