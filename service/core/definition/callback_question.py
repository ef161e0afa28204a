"""Puts the question of a waiting task: the author's title and facts with the task's own values, the
buttons, and the fields that are asked beside them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from handrail.core.history.outcomes import Outcome, TaskAnswer
from handrail.core.json_text import exact, json_bytes, text_of, whole
from handrail.core.json_values import same_json
from handrail.core.models import Json

from .callback_choices import COMMENT, Callback, Choice, Shown
from .callback_titles import filled_title
from .output_form import FormField
from .parameter_references import Missing, find, read_parameters

ABSENT = "not among what the task was called with"
UNKNOWN = "not known: the history doesn't hold what the task was called with"


@dataclass(frozen=True, slots=True)
class Fact:
    """One value of the task's parameters; where there is none it is `missing`, and `text` says
    why."""

    label: str
    value: Json
    text: str
    missing: bool = False

    @property
    def is_compound(self) -> bool:
        return isinstance(self.value, list | dict)


@dataclass(frozen=True, slots=True)
class Question:
    """What one state asks of people. Without `choices`, `fields` are the whole output; None where
    no form can ask for it. `schema` is what its outputs are held against."""

    callback: Callback = field(default_factory=Callback)
    schema: Json = None

    @property
    def choices(self) -> tuple[Choice, ...]:
        return self.callback.choices()

    @property
    def fields(self) -> tuple[FormField, ...] | None:
        return self.callback.fields(self.schema)

    @property
    def tells(self) -> bool:
        """Whether anything of the task's parameters is shown."""
        return bool(self.callback.show) or "{" in (self.callback.title or "")

    def title(self, parameters: str | None) -> str | None:
        """`parameters` are the task's: redacted JSON text, None where they aren't known whole."""
        title = self.callback.title
        return filled_title(title, parameters) if title is not None else None

    def facts(self, parameters: str | None) -> tuple[Fact, ...]:
        return facts(self.callback.show, parameters)


NOTHING_ASKED = Question()


@dataclass(frozen=True, slots=True)
class Given:
    """An answer, as the question understands it: the choice that it was, what was typed beside it,
    and who is said to have answered."""

    choice: Choice | None = None
    typed: tuple[tuple[str, str], ...] = ()
    by: str | None = None


NOTHING_GIVEN = Given()


def facts(show: Sequence[Shown], parameters: str | None) -> tuple[Fact, ...]:
    """The values to show of a task's parameters."""
    try:
        value = read_parameters(parameters)
    except ValueError:
        return tuple(Fact(shown.title, None, UNKNOWN, missing=True) for shown in show)
    return tuple(_fact(shown, value) for shown in show)


def given(question: Question, answer: TaskAnswer) -> Given:
    """What an answer meant, which the history tells."""
    fields = question.fields or ()
    if answer.outcome is not Outcome.SUCCESS:
        return _given_failure(question, answer)
    try:
        output = exact(answer.output)
    except ValueError:
        return NOTHING_GIVEN
    if not isinstance(output, dict):
        same = (one for one in question.choices if _sends(one, output))
        return Given(next(same, None))
    by = output.get(question.callback.answered_by)
    names = {field.name for field in fields} | {question.callback.answered_by}
    said = {name: value for name, value in output.items() if name not in names}
    choice = next((one for one in question.choices if _sends(one, said)), None)
    typed = tuple(
        (field.title, _text(output[field.name])) for field in fields if field.name in output
    )
    return Given(choice, typed, by if isinstance(by, str) else None)


def _given_failure(question: Question, answer: TaskAnswer) -> Given:
    comment = next((f for f in question.fields or () if f.name == COMMENT), None)
    for choice in question.choices:
        if choice.outcome is not Outcome.FAILURE or choice.body["error"] != answer.error:
            continue
        cause = str(choice.body.get("cause") or "")
        if answer.cause == cause:
            return Given(choice)
        if comment is not None and (not cause or answer.cause.startswith(f"{cause}\n")):
            said = answer.cause[len(cause) :].removeprefix("\n") if cause else answer.cause
            return Given(choice, ((comment.title, said),))
    return NOTHING_GIVEN


def _sends(choice: Choice, output: Json) -> bool:
    is_success = choice.outcome is Outcome.SUCCESS
    return is_success and same_json(text_of(choice.body["output"]), text_of(output))


def _fact(shown: Shown, parameters: Json) -> Fact:
    try:
        value = find(shown.path, parameters)
    except Missing:
        return Fact(shown.title, None, ABSENT, missing=True)
    return Fact(shown.title, value, _text(value))


def _text(value: Json) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return whole(value) if isinstance(value, str) else json_bytes(value, indent=2).decode()
