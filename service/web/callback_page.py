"""The pages of signed links, for people: the question with its form, and how it went.

Rendered here and complete without JavaScript. What comes from outside is escaped by the templates.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic_core import from_json
from quart import Response, render_template, request

from service.core.errors import FieldError, InvalidOutput, InvalidRequest, ServiceError
from service.core.links import Link
from service.core.models import Json, rfc3339
from service.core.output_form import FormField, form_fields, read_fields
from service.core.settling import Answer, Outcome
from service.usecases.links import Asked
from service.usecases.tasks import Settled, failure, success

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
WORDS = {
    Outcome.SUCCESS: "approved",
    Outcome.FAILURE: "rejected",
    Outcome.TIMED_OUT: "over: it timed out before anybody answered",
    Outcome.STOPPED: "over: it was stopped with what it belongs to",
}
HEADINGS = {
    "link_invalid": "This link isn't valid",
    "link_expired": "This link has expired",
    "link_forbids": "This link doesn't allow that",
    "task_already_settled": "Already answered otherwise",
    "task_timed_out": "Too late: the task has timed out",
    "execution_ended": "Too late: the execution has ended",
    "task_not_found": "Nothing waits here any more",
    "execution_not_found": "Nothing waits here any more",
}


@dataclass(frozen=True, slots=True)
class Typed:
    """What came with a form that couldn't be used, to be shown again with what is wrong."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: Sequence[FieldError] = ()

    def at(self, path: str) -> str | None:
        """What is wrong with one field, and with what is inside it."""
        found = [e.message for e in self.errors if e.path == path or e.path.startswith(f"{path}.")]
        return "; ".join(found) or None


def wants_page() -> bool:
    """Whether a browser asks; `*/*` gets JSON."""
    offered = ["application/json", "text/html"]
    return request.accept_mimetypes.best_match(offered) == "text/html"


def read_form(asked: Asked, form: Mapping[str, str], action: str) -> Answer:
    """What the form means. Raises InvalidRequest with an error for each field at fault."""
    if action == Outcome.FAILURE:
        return failure(form.get("error") or None, form.get("cause") or None)
    fields = form_fields(asked.output_schema)
    return success(_json(form.get("output", "")) if fields is None else read_fields(fields, form))


async def question(asked: Asked, link: Link, typed: Typed | None = None) -> Response:
    """The form while the task waits, else what became of it. 422 where it shows errors."""
    if asked.task is None:
        return await _over(asked, link)
    fields = form_fields(asked.output_schema)
    shown = typed or Typed()
    known = {*(_paths(fields)), "error", "cause"}
    return await _page(
        "callback.html",
        422 if shown.errors else 200,
        asked=asked,
        link=link,
        fields=fields,
        typed=shown,
        other_errors=[error for error in shown.errors if not _belongs(error.path, known)],
    )


async def settled_page(settled: Settled) -> Response:
    word = WORDS[settled.outcome]
    return await _page(
        "notice.html",
        200,
        heading=f"The task is {word}",
        detail=(
            "It was before, with this same answer: nothing has changed."
            if settled.replayed
            else "Thank you. The execution goes on with your answer; you can close this page."
        ),
        facts=_facts(settled.execution.machine, str(settled.execution), settled.state, settled.at),
    )


async def problem_page(error: ServiceError) -> Response:
    """An error in a person's words. Never says more of the link than the problem does."""
    outcome, at = error.facts.get("outcome"), error.facts.get("at")
    detail = f"{error.detail} It is {WORDS[Outcome(outcome)]}." if outcome else error.detail
    response = await _page(
        "notice.html",
        error.status,
        heading=HEADINGS.get(error.code, error.title),
        detail=detail,
        facts=[("When", at)] if at else [],
    )
    if error.retryable:
        response.headers["Retry-After"] = str(max(1, round(error.retry_after_s or 1)))
    return response


def when(at: datetime) -> str:
    """`22 November 2026, 08:26 UTC`."""
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


async def _over(asked: Asked, link: Link) -> Response:
    settlement = asked.settlement
    assert settlement is not None  # noqa: S101 - a task waits or is settled
    return await _page(
        "notice.html",
        200,
        heading=f"The task is {WORDS[settlement.outcome]}",
        detail="There is nothing left to do here.",
        facts=_facts(link.execution.machine, str(link.execution), asked.state, settlement.at),
    )


async def _page(template: str, status: int, **context: Json) -> Response:
    text = await render_template(template, when=when, rfc3339=rfc3339, **context)
    headers = {"Content-Security-Policy": POLICY}
    return Response(text, status, headers, content_type="text/html; charset=utf-8")


def _facts(machine: str, execution: str, state: str, at: datetime) -> list[tuple[str, str]]:
    return [
        ("State", state),
        ("State machine", machine),
        ("Execution", execution),
        ("When", when(at)),
    ]


def _paths(fields: tuple[FormField, ...] | None) -> list[str]:
    return ["output"] if fields is None else [field.path for field in fields]


def _belongs(path: str, known: set[str]) -> bool:
    return any(path == name or path.startswith(f"{name}.") for name in known)


def _json(text: str) -> Json:
    if not text.strip():
        return {}
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError as error:
        message = f"isn't JSON: {error}"
        raise InvalidOutput("The output isn't JSON.", errors=[FieldError("output", message)]) from (
            None
        )


def form_error(error: InvalidRequest) -> Sequence[FieldError]:
    """Its field errors; at least one, for the form to show."""
    return error.errors or (FieldError("", error.detail),)
