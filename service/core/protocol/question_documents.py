"""Builds what documents tell of a question to people, for pending tasks and signed links alike."""

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema

from handrail.core.definition.callback_choices import Choice
from handrail.core.definition.callback_question import NOTHING_ASKED, Fact, Question
from handrail.core.definition.output_form import FormField, Kind
from handrail.core.json_text import json_bytes
from handrail.core.models import Json
from handrail.core.typed_dict import TypedDict

Asking = Callable[[str], Question]
"""What a state asks of people."""

OutcomeText = Annotated[str, WithJsonSchema({"type": "string", "enum": ["success", "failure"]})]


class FactDocument(TypedDict):
    """One value of the task's own parameters, which the state machine's author wants shown."""

    label: str
    value: Annotated[Json, Field(description="As AWS has it, number for number, and redacted.")]
    missing: Annotated[
        str | None, Field(description="Why there is no such value, which is then null.")
    ]


class ChoiceDocument(TypedDict):
    """One button. Its `body` settles the task as it is, at the signed link or at the task's own
    address of this `outcome`. What was typed into `fields` goes into its `output`; a `comment` that
    goes with an error stands in its `cause`, after what the author says there, on a new line."""

    name: Literal["approve", "reject"]
    label: str
    outcome: OutcomeText
    body: Mapping[str, Json]


class OptionDocument(TypedDict):
    label: str
    value: Json


class FieldDocument(TypedDict):
    """One member of the output that is asked of whoever answers. `default` is the text that its
    input starts with: of a choice, the JSON of one of its options."""

    name: str
    title: str
    description: str
    kind: Kind
    required: bool
    default: str
    options: list[OptionDocument]


class QuestionDocument(TypedDict):
    """What the state machine's author says of the question (`callbacks` in machine.json)."""

    title: Annotated[str | None, Field(description="Filled from the task's parameters.")]
    facts: list[FactDocument]
    choices: list[ChoiceDocument]
    fields: Annotated[
        list[FieldDocument] | None,
        Field(
            description="What is asked besides: of the output (`output_schemas`) all that no choice"
            " says, or all of it where there are no choices. Null where no form can ask for it."
        ),
    ]


NO_QUESTION: QuestionDocument = {"title": None, "facts": [], "choices": [], "fields": None}


def nothing_asked(_state: str) -> Question:
    return NOTHING_ASKED


class QuestionDrawing:
    """Draws the questions of tasks, what is the same for all tasks of a state once. `asking` tells
    what a state of the tasks' state machine asks."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._states: dict[str, tuple[Question, QuestionDocument]] = {}
        self._full = False

    def within(
        self, room: int, state: str, parameters: str | None
    ) -> tuple[QuestionDocument | None, int]:
        """The question, and how many characters it takes; None where that is more than there is
        room for, and from then on for all that ask anything."""
        _, same = self._states.get(state) or self._of_state(state)
        if same is NO_QUESTION:
            return same, 0
        if not self._full:
            document = self.of(state, parameters)
            if (size := len(json_bytes(document))) <= room:
                return document, size
            self._full = True
        return None, 0

    def of(self, state: str, parameters: str | None) -> QuestionDocument:
        """`parameters` are the task's, as `Question.title` takes them."""
        question, same = self._states.get(state) or self._of_state(state)
        if not (question.callback.title or question.callback.show):
            return same
        title, facts = question.title(parameters), question.facts(parameters)
        return {**same, "title": title, "facts": facts_document(facts)}

    def _of_state(self, state: str) -> tuple[Question, QuestionDocument]:
        question = self._asking(state)
        fields, same = question.fields, NO_QUESTION
        if question != NOTHING_ASKED:
            same = {
                "title": None,
                "facts": [],
                "choices": choices_document(question.choices),
                "fields": None if fields is None else fields_document(fields),
            }
        self._states[state] = question, same
        return question, same


def facts_document(facts: Iterable[Fact]) -> list[FactDocument]:
    return [
        {
            "label": fact.label,
            "value": fact.value,
            "missing": fact.text if fact.missing else None,
        }
        for fact in facts
    ]


def choices_document(choices: Iterable[Choice]) -> list[ChoiceDocument]:
    return [
        {"name": c.name, "label": c.label, "outcome": c.outcome.value, "body": c.body}
        for c in choices
    ]


def fields_document(fields: Iterable[FormField]) -> list[FieldDocument]:
    return [
        {
            "name": field.name,
            "title": field.title,
            "description": field.description,
            "kind": field.kind,
            "required": field.required,
            "default": field.default,
            "options": [{"label": one.label, "value": one.value} for one in field.choices],
        }
        for field in fields
    ]
