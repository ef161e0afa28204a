"""Reads Step Functions Local's MockConfigFile.json as it is
(https://docs.aws.amazon.com/step-functions/latest/dg/sfn-local-mock-cfg-file.html).

Step Functions Local looks a response up when the state that names it calls its task, so a mistake
in a response that no execution reaches does no harm there. It does none here, and is told."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Self

from pydantic import ValidationError

from handrail.core.errors import InvalidDefinition
from handrail.core.models import Json

from .answers import Answer, NoAnswerLeft, TaskCall

_RANGE = re.compile(r"\s*(\d+)\s*(?:-\s*(\d+)\s*)?")


@dataclass(frozen=True, slots=True)
class MockedResponse:
    """Answers the calls numbered `first` to `last`, from 0."""

    first: int
    last: int
    answer: Answer


@dataclass(frozen=True, slots=True)
class MockedResponses:
    """What answers a state's calls by their number in the execution, retries counted too.
    `mistakes` are sentences on what couldn't be read."""

    name: str
    responses: tuple[MockedResponse, ...] = ()
    mistakes: tuple[str, ...] = ()

    def answer(self, call: TaskCall) -> Answer:
        """Raises NoAnswerLeft."""
        number = call.number - 1
        for response in self.responses:
            if response.first <= number <= response.last:
                return response.answer
        known = f"The mocked response {self.name} says nothing of number {number}"
        raise NoAnswerLeft("; ".join([f"has no answer left. {known}", *self.mistakes]))


MockCase = Mapping[str, MockedResponses]
"""By the state's name; a state that isn't in it calls its task."""


@dataclass(frozen=True, slots=True)
class MockFile:
    """`cases` are by the state machine's name and the test case's. `problems` are mistakes that
    matter to whoever comes by them, each with its line."""

    cases: Mapping[str, Mapping[str, MockCase]] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str, name: str) -> Self:
        """`name` is what the file is called in what is said of it. Raises InvalidDefinition where
        it isn't such a file at all."""
        lines = _Lines(text, name)
        try:
            document = json.loads(text, parse_constant=_no_number)
        except json.JSONDecodeError as error:
            where = f"{name}:{error.lineno}:{error.colno}"
            raise InvalidDefinition(f"{where}: is not JSON: {error.msg}.") from error
        except (ValueError, RecursionError) as error:
            raise InvalidDefinition(f"{name}: is not JSON: {error}") from error
        machines = lines.member(document, "StateMachines")
        raw = lines.member(document, "MockedResponses")
        responses = {key: _responses(key, value, lines) for key, value in raw.items()}
        problems = [mistake for each in responses.values() for mistake in each.mistakes]
        cases: dict[str, dict[str, MockCase]] = {}
        for machine, entry in machines.items():
            path = ("StateMachines", machine)
            tests = lines.member(entry, "TestCases", *path)
            cases[machine] = {
                test: dict(_states(lines, states, responses, (*path, "TestCases", test)))
                for test, states in tests.items()
            }
        problems += (mistake for each in cases.values() for mistake in _unknown(each, responses))
        return cls(cases, tuple(problems))


class _Lines:
    """Says where in the file something stands."""

    def __init__(self, text: str, name: str) -> None:
        self._text, self._name = text, name

    def at(self, *path: str) -> str:
        """The file and the line on which the last of these keys stands, each inside the one before
        it."""
        position = 0
        for key in path:
            key_in_json = rf"{re.escape(json.dumps(key, ensure_ascii=False))}\s*:"
            found = re.compile(key_in_json).search(self._text, position)
            position = found.start() if found else position
        return f"{self._name}:{self._text.count(chr(10), 0, position) + 1}"

    def member(self, value: Json, key: str, *path: str) -> Mapping[str, Json]:
        """An object inside another one. Raises InvalidDefinition."""
        outer = " ".join(path) or "The file"
        if not isinstance(value, dict):
            raise InvalidDefinition(f"{self.at(*path)}: {outer} is no JSON object.")
        if key not in value:
            raise InvalidDefinition(f"{self.at(*path)}: {outer} has no {key}.")
        inner = value[key]
        if not isinstance(inner, dict):
            raise InvalidDefinition(f"{self.at(*path, key)}: {key} is no JSON object.")
        return inner


def _states(
    lines: _Lines, states: Json, responses: Mapping[str, MockedResponses], path: tuple[str, ...]
) -> Iterator[tuple[str, MockedResponses]]:
    if not isinstance(states, dict):
        raise InvalidDefinition(f"{lines.at(*path)}: {path[-1]} is no JSON object.")
    for state, name in states.items():
        known = responses.get(name) if isinstance(name, str) else None
        missing = f"{lines.at(*path, state)}: {state}: there is no mocked response {name!r}"
        yield state, known or MockedResponses(str(name), (), (missing,))


def _unknown(
    cases: Mapping[str, MockCase], responses: Mapping[str, MockedResponses]
) -> Iterator[str]:
    for states in cases.values():
        for mocked in states.values():
            if responses.get(mocked.name) is not mocked:
                yield from mocked.mistakes


def _responses(name: str, raw: Json, lines: _Lines) -> MockedResponses:
    if not isinstance(raw, dict):
        where = lines.at("MockedResponses", name)
        return MockedResponses(name, (), (f"{where}: {name} is no JSON object",))
    found, mistakes = list[MockedResponse](), list[str]()
    for numbers, response in raw.items():
        try:
            found.append(_response(numbers, response))
        except ValueError as error:
            where = lines.at("MockedResponses", name, numbers)
            mistakes.append(f"{where}: {name} {numbers}: {error}")
    return MockedResponses(name, tuple(found), tuple(mistakes))


def _response(numbers: str, raw: Json) -> MockedResponse:
    """Raises ValueError with a sentence on what is wrong."""
    match = _RANGE.fullmatch(numbers)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, -1)
    if last < first:
        raise ValueError('it is no number of a call, such as "0" or "1-2"')
    said = raw.keys() & {"Return", "Throw"} if isinstance(raw, dict) else set()
    if len(said) != 1:
        raise ValueError("it needs either Return or Throw")
    if "Return" in raw:
        return MockedResponse(first, last, Answer.of(raw["Return"]))
    throw = raw["Throw"] if isinstance(raw["Throw"], dict) else {}
    try:
        answer = Answer.failing(throw.get("Error"), throw.get("Cause"))
    except ValidationError as error:
        raise ValueError("Throw needs an Error and a Cause, both texts") from error
    return MockedResponse(first, last, answer)


def _no_number(name: str) -> Json:
    raise ValueError(f"{name} is no JSON value.")
