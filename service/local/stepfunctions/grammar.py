"""Whether moto's grammar takes a definition; and where it doesn't, why, and for which state."""

import json
import re

from moto.stepfunctions.parser.asl.parse.asl_parser import (
    AmazonStateLanguageParser,
    ASLParserException,
)

from service.core.definition import Definition, State

_ALTERNATIVES = re.compile(r" expecting (\{[^{}]*\}|'(?:[^']|'')*')")


def complaint(definition: Definition) -> str | None:
    """One line in the grammar's words, with the innermost state that it can't read by itself;
    None where it takes the definition."""
    problem = _problem(definition.text)
    if problem is None:
        return None
    state = _blamed(definition)
    return f"{problem} at /States/{state.name}" if state else problem


def _blamed(definition: Definition) -> State | None:
    unread = [state for state in definition.all_states if _problem(_alone(state))]
    blamed: State | None = None
    while inner := [state for state in unread if state.parent == (blamed.name if blamed else None)]:
        blamed = inner[0]
    return blamed


def _alone(state: State) -> str:
    language = state.query_language.value
    whole = {"QueryLanguage": language, "StartAt": state.name, "States": {state.name: state.raw}}
    return json.dumps(whole, ensure_ascii=False)


def _problem(text: str) -> str | None:
    try:
        AmazonStateLanguageParser.parse(text)
    except Exception as error:  # the grammar's own, and whatever its components raise
        told = error.errors[0] if isinstance(error, ASLParserException) else str(error)
        return " ".join(_ALTERNATIVES.sub("", told).split()) or type(error).__name__
    return None
