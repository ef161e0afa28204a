"""Renders the pages of signed links, for people: the question with its form, and how it went.

They are complete without JavaScript. The templates escape what comes from outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from quart import Response, render_template, request

from handrail.core.access.signed_links import Link
from handrail.core.definition.callback_choices import Choice
from handrail.core.definition.output_form import form_fields, read_fields
from handrail.core.errors import FieldError, InvalidOutput, InvalidRequest, ServiceError
from handrail.core.history.outcomes import Outcome, TaskAnswer
from handrail.core.json_bodies import NotJson, payload, read_payload
from handrail.core.json_text import json_bytes, whole
from handrail.core.models import ExecutionId, Json, rfc3339
from handrail.core.protocol.problem import retry_after
from handrail.usecases.signed_links import Asked, answer_of
from handrail.usecases.tasks import Settled, failure, success

Facts = list[tuple[str, str]]
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
WORDS = {
    Outcome.SUCCESS: "settled: it succeeded",
    Outcome.FAILURE: "settled: it failed",
    Outcome.TIMED_OUT: "over: it timed out before anybody answered",
    Outcome.STOPPED: "over: it was stopped with what it belongs to",
}
REPLAYED = "It was before, with this same answer: nothing has changed."
THANKS = "Thank you. The execution goes on with your answer; you can close this page."
CHOOSE = "Choose one of the buttons."
EMPTY = "is needed: any JSON, null included"
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
    return next((choice for choice in asked.choices if choice.name == form.get("choice")), None)


def read_form(asked: Asked, form: Mapping[str, str], action: str | None) -> TaskAnswer:
    """What the form means: one of the choices, or the outcome `action` with what was typed. Raises
    InvalidRequest with an error for each field at fault."""
    if (choice := chosen(asked, form)) is not None:
        return answer_of(choice)
    if action == Outcome.FAILURE:
        if not (error := form.get("error", "").strip()):
            raise InvalidRequest(NAMELESS, errors=[FieldError("error", "is needed")])
        return failure(error, form.get("cause") or None)
    if action != Outcome.SUCCESS:
        raise InvalidRequest(CHOOSE, errors=[FieldError("action", CHOOSE)])
    if (fields := form_fields(asked.output_schema)) is not None:
        return success(read_fields(fields, form))
    if not (text := form.get("output", "")).strip():
        raise InvalidOutput("No output was given.", errors=[FieldError("output", EMPTY)])
    try:
        read_payload(text, "output")
    except NotJson as error:
        errors = [FieldError("output", f"isn't JSON: {error}")]
        raise InvalidOutput("The output isn't JSON.", errors=errors) from None
    return success(payload(text))


async def question(asked: Asked, link: Link, typed: Typed | None = None) -> Response:
    """The form while the task waits, else what became of it. 422 where it shows errors."""
    if (settlement := asked.settlement) is not None:
        heading = _heading(settlement.outcome, asked.answered)
        facts = _facts(link.execution, asked.state, settlement.at)
        return await _notice(200, heading, "There is nothing left to do here.", facts)
    fields = form_fields(asked.output_schema)
    shown = typed or Typed()
    known = ["output"] if fields is None else [field.path for field in fields]
    known += ["error", "cause"]
    return await _page(
        "callback.html",
        422 if shown.errors else 200,
        asked=asked,
        link=link,
        choices=asked.offered(link),
        as_json=as_json,
        fields=fields,
        typed=shown,
        other_errors=[e for e in shown.errors if not any(_within(e.path, path) for path in known)],
    )


async def settled_page(settled: Settled, choice: Choice | None = None) -> Response:
    """Thanks, with what was chosen where it was a choice of the author's."""
    facts = _facts(settled.execution, settled.state, settled.at)
    detail = REPLAYED if settled.replayed else THANKS
    return await _notice(200, _heading(settled.outcome, choice), detail, facts)


async def problem_page(error: ServiceError, answered: Choice | None = None) -> Response:
    """An error in a person's words, with the answer that stands, and no more than the problem."""
    outcome, at = error.facts.get("outcome"), error.facts.get("at")
    detail = f"{error.detail} It is {WORDS[Outcome(outcome)]}." if outcome else error.detail
    facts = [("Answer", answered.label)] if answered else []
    facts += [("When", when(datetime.fromisoformat(at)))] if at else []
    heading = HEADINGS.get(error.code, error.title)
    response = await _notice(error.status, heading, detail, facts)
    if error.retryable:
        response.headers["Retry-After"] = retry_after(error.retry_after_s)
    return response


def when(at: datetime) -> str:
    """`22 November 2026, 08:26 UTC`."""
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


def as_json(value: Json) -> str:
    """Readable, its members in their own order."""
    return json_bytes(value, indent=2).decode()


def _heading(outcome: Outcome, choice: Choice | None) -> str:
    return f"Answered: {choice.label}" if choice else f"The task is {WORDS[outcome]}"


async def _notice(status: int, heading: str, detail: str, facts: Facts) -> Response:
    return await _page("notice.html", status, heading=heading, detail=detail, facts=facts)


async def _page(template: str, status: int, **context: Json) -> Response:
    # Behind a prefix only relative addresses lead home, from however deep the link was changed to.
    home = "../" * (2 + str((request.view_args or {}).get("signed", "")).count("/"))
    text = await render_template(template, when=when, rfc3339=rfc3339, home=home, **context)
    headers = {"Content-Security-Policy": POLICY}
    return Response(whole(text), status, headers, content_type="text/html; charset=utf-8")


def _facts(execution: ExecutionId, state: str, at: datetime) -> Facts:
    machine = ("State machine", execution.machine)
    return [("State", state), machine, ("Execution", str(execution)), ("When", when(at))]


def _within(path: str, root: str) -> bool:
    return path == root or path.startswith(f"{root}.")
