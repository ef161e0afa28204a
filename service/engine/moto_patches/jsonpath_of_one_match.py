"""Reads JSONPath as Jayway JsonPath does."""

from typing import Any

from moto.stepfunctions.parser.asl.utils.json_path import NoSuchJsonPathError

from handrail.core.json_path.path_reading import read

from .patches import Fault, replaces

FAULT = Fault(
    moto="Moto tells by what was found whether a JSONPath gives a value or a list, and reads only a"
    " part of the language: `$.a[0].x` gave a list of one, a filter without a match failed,"
    " `length()` and `in` were unknown.",
    since="5.0.16 or earlier; another way in each version up to 5.2.5",
    aws="A path that can find one place only gives its value, or fails where nothing is there; any"
    " other gives a list, of one or of none too. AWS reads paths with Jayway JsonPath.",
    known="AWS's documents name Jayway's operators, and executions recorded on AWS show its rules.",
)


@replaces(
    "component.common.string.string_expression:extract_json",
    "component.intrinsic.argument.argument:extract_json",
    "eval.states:extract_json",
)
def extract(path: str, data: Any) -> Any:
    """Raises NoSuchJsonPathError for a path to nothing, MalformedPath."""
    try:
        return read(path, data)
    except LookupError as error:
        raise NoSuchJsonPathError(json_path=path, data=data) from error
