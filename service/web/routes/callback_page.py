"""Renders the pages of signed links, for people: the question with its form, and how it went.

They are complete without JavaScript. The templates escape what comes from outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from quart import Response, render_template, request

from handrail.core.access.signed_links import Link
from handrail.core.definition.callback_choices import Choice
from handrail.core.definition.callback_question import Given, given
from handrail.core.definition.output_form import FormField, read_fields
from handrail.core.errors import FieldError, InvalidOutput, InvalidRequest, ServiceError
from handrail.core.history.outcomes import Outcome, TaskAnswer
from handrail.core.json_bodies import NotJson, payload, read_payload
from handrail.core.json_text import json_bytes, whole
from handrail.core.models import Json, rfc3339
from handrail.core.protocol.problem import retry_after
from handrail.core.time_words import moment, span
from handrail.usecases.signed_links import BOTH, Asked, answer_of
from handrail.usecases.tasks import Settled, failure, success
from handrail.web.request_record import record

Facts = list[tuple[str, str | datetime]]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
WORDS = {
    Outcome.SUCCESS: "settled: it succeeded",
    Outcome.FAILURE: "settled: it failed",
    Outcome.TIMED_OUT: "over: it timed out before anybody answered",
    Outcome.STOPPED: "over: it was stopped with what it belongs to",
}
REPLAYED = "It was before, with this same answer: nothing has changed."
OVERTAKEN = "This answer came first. Yours changed nothing."
NOTHING_LEFT = "There is nothing left to do here."
THANKS = "Thank you. The execution goes on with your answer; you can close this page."
CHOOSE = "Choose one of the buttons."
EMPTY = "is needed: any JSON, null included"
OK = 200
NAMELESS = "A failure needs the error's name."
HEADINGS = {
    "link_invalid": "This link isn't valid",
    "link_expired": "This link has expired",
    "link_forbids": "This link doesn't allow that",
    "forbidden": "This wasn't taken",
    "task_already_settled": "Already answered otherwise",
    "task_timed_out": "Too late: the task has timed out",
    "execution_ended": "Too late: the execution has ended",
    "task_not_found": "Nothing waits here any more",
    "execution_not_found": "Nothing waits here any more",
}


@dataclass(frozen=True, slots=True)
class Typed:
    """A form that couldn't be used, to be shown again with what is wrong."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: Sequence[FieldError] = ()

    def at(self, path: str) -> str | None:
        """What is wrong with one field, and with what is inside it."""
        return "; ".join(e.message for e in self.errors if _within(e.path, path)) or None


def wants_page() -> bool:
    """Whether a browser asks; `*/*` gets JSON."""
    offered = ["application/json", "text/html"]
    return request.accept_mimetypes.best_match(offered) == "text/html"


def chosen(asked: Asked, form: Mapping[str, str]) -> Choice | None:
    """The author's choice that the form's button stands for."""
    choices, name = asked.question.choices, form.get("choice")
    return next((choice for choice in choices if choice.name == name), None)


def read_form(asked: Asked, form: Mapping[str, str], action: str | None) -> TaskAnswer:
    """What the form means: one of the choices, or the outcome `action` with what was typed. Raises
    InvalidRequest with an error for each field at fault."""
    fields = asked.question.fields
    if (choice := chosen(asked, form)) is not None:
        return answer_of(choice, choice.filled(fields or (), form))
    if action == Outcome.FAILURE:
        if not (error := form.get("error", "").strip()):
            raise InvalidRequest(NAMELESS, errors=[FieldError("error", "is needed")])
        return failure(error, form.get("cause") or None)
    if action != Outcome.SUCCESS:
        raise InvalidRequest(CHOOSE, errors=[FieldError("action", CHOOSE)])
    if fields is not None:
        return success(read_fields(fields, form))
    if not (text := form.get("output", "")).strip():
        raise InvalidOutput("No output was given.", errors=[FieldError("output", EMPTY)])
    try:
        read_payload(text, "output")
    except NotJson as error:
        errors = [FieldError("output", f"isn't JSON: {error}")]
        raise InvalidOutput("The output isn't JSON.", errors=errors) from None
    return success(payload(text))


async def question(asked: Asked, link: Link, now: datetime, typed: Typed | None = None) -> Response:
    """The form while the task waits, else what became of it. 422 where it shows errors."""
    if (settlement := asked.settlement) is not None:
        facts = [*asked.given.typed, *_who(asked.by), ("When", settlement.at)]
        heading = _heading(settlement.outcome, asked.given)
        return await _notice(200, heading, NOTHING_LEFT, facts, asked)
    fields, shown, offered = asked.question.fields, typed or Typed(), asked.offered(link)
    known = ["output"] if fields is None else [field.path for field in fields]
    known += ["error", "cause"]
    return await _page(
        "callback.html",
        422 if shown.errors else 200,
        asked=asked,
        link=link,
        now=now,
        sent=_sent_by(asked, link),
        goes_with=_goes_with(asked, link),
        fields=fields if not offered else _carried(fields or (), offered),
        typed=shown,
        other_errors=[e for e in shown.errors if not any(_within(e.path, path) for path in known)],
    )


async def settled_page(settled: Settled, link: Link, asked: Asked) -> Response:
    """Thanks, with what was answered, when and by whom."""
    told = given(asked.question, settled.answer)
    by = told.by if settled.replayed else link.meant_for
    facts: Facts = [*told.typed, *_who(by), ("When", settled.at)]
    if not settled.replayed:
        facts.append(("How", "By this link" if by else "By this link, which names nobody"))
    detail = REPLAYED if settled.replayed else THANKS
    return await _notice(200, _heading(settled.outcome, told), detail, facts, asked)


async def conflict_page(error: ServiceError, asked: Asked, choice: Choice | None) -> Response:
    """The answer that stands, where another one was sent."""
    same = choice is not None and asked.given.choice == choice
    heading = "Already answered" if same else HEADINGS[error.code]
    told, stands = asked.given, asked.settlement
    facts: Facts = [("Answer", told.choice.label)] if told.choice else []
    overtaken = stands is not None and stands.outcome in BOTH
    detail = OVERTAKEN if overtaken else _detail(error)
    facts = [*facts, *told.typed, *_who(asked.by)]
    return await _problem(error, heading, detail, facts, asked)


async def problem_page(error: ServiceError, now: datetime) -> Response:
    """An error in a person's words, and no more than the problem."""
    facts: Facts = []
    if (expired := error.facts.get("expired_at")) is not None:
        at = datetime.fromisoformat(expired)
        facts.append(("It expired", at))
        facts.append(("That was", f"{span((now - at).total_seconds())} ago"))
    return await _problem(error, HEADINGS.get(error.code, error.title), _detail(error), facts)


async def _problem(
    error: ServiceError, heading: str, detail: str, facts: Facts, asked: Asked | None = None
) -> Response:
    record().code = error.code
    at = error.facts.get("at")
    facts = facts + ([("When", datetime.fromisoformat(at))] if at else [])
    response = await _notice(error.status, heading, detail, facts, asked)
    if error.retryable:
        response.headers["Retry-After"] = retry_after(error.retry_after_s)
    return response


def _detail(error: ServiceError) -> str:
    outcome = error.facts.get("outcome")
    return f"{error.detail} It is {WORDS[Outcome(outcome)]}." if outcome else error.detail


def as_json(value: Json) -> str:
    """Readable, its members in their own order."""
    return json_bytes(value, indent=2).decode()


def _carried(fields: Sequence[FormField], offered: Sequence[Choice]) -> list[FormField]:
    """Those that go with one of the buttons at least."""
    return [field for field in fields if any(choice.carries(field) for choice in offered)]


def _sent_by(asked: Asked, link: Link) -> list[tuple[Choice, str, bool]]:
    """Each button that is offered, what it sends, with who answers where that is told, and whether
    all that is typed goes with it."""
    sent = []
    for choice in asked.offered(link):
        body, member = choice.body, asked.question.callback.answered_by
        if member is not None and choice.outcome is Outcome.SUCCESS:
            body = {"output": {**body["output"], member: link.meant_for}}
        whole = all(choice.carries(field) for field in asked.question.fields or ())
        sent.append((choice, as_json(body), whole))
    return sent


def _goes_with(asked: Asked, link: Link) -> Mapping[str, str]:
    """What is said of a field that doesn't go with each button, by its path."""
    choices, said = asked.offered(link), dict[str, str]()
    for asks in asked.question.fields or ():
        labels = [f"“{choice.label}”" for choice in choices if choice.carries(asks)]
        if len(labels) < len(choices):
            said[asks.path] = f"Goes with {' and '.join(labels)} alone."
    return said


def _heading(outcome: Outcome, told: Given) -> str:
    return f"Answered: {told.choice.label}" if told.choice else f"The task is {WORDS[outcome]}"


def _who(by: str | None) -> Facts:
    return [("Answered by", by)] if by else []


async def _notice(
    status: int, heading: str, detail: str, facts: Facts, asked: Asked | None = None
) -> Response:
    good = status == OK
    return await _page(
        "notice.html", status, heading=heading, detail=detail, facts=facts, asked=asked, good=good
    )


async def _page(template: str, status: int, **context: Json) -> Response:
    # Behind a prefix only relative addresses lead home, from however deep the link was changed to.
    home = "../" * (2 + str((request.view_args or {}).get("signed", "")).count("/"))
    words = {"moment": moment, "span": span, "rfc3339": rfc3339}
    text = await render_template(template, home=home, **words, **context)
    headers = {"Content-Security-Policy": POLICY}
    return Response(whole(text), status, headers, content_type="text/html; charset=utf-8")


def _within(path: str, root: str) -> bool:
    return path == root or path.startswith(f"{root}.")
