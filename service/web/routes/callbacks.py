"""Follows signed links. GET shows what is asked and never settles anything: mail scanners and chat
previews follow every link they see. POST settles.

The link is the only credential; no cookie could be sent along by a foreign page. But an answer is a
person's, given on our page: what a browser says another site's page sends is refused, by its
`Sec-Fetch-Site` (https://www.w3.org/TR/fetch-metadata/), as with `no-referrer` the `Origin` of our
own form is `null`. The signed text is a secret: it is in no log line, metric, problem or page, and
pages are sent with `no-referrer` and `no-store`."""

from codecs import BOM_UTF8
from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import parse_qsl

from pydantic import Field
from quart import Blueprint, Response, request
from quart_schema import document_querystring, document_request, document_response, tag_blueprint
from werkzeug.exceptions import RequestEntityTooLarge

from handrail.core import errors
from handrail.core.access.origins import other_site
from handrail.core.access.signed_links import Link
from handrail.core.history.outcomes import Outcome
from handrail.core.models import Json, rfc3339
from handrail.core.protocol.document_shapes import StatusText, Time
from handrail.core.protocol.paths import Links
from handrail.core.protocol.question_documents import (
    OutcomeText,
    QuestionDocument,
    choices_document,
    facts_document,
    fields_document,
)
from handrail.usecases.signed_links import Asked
from handrail.usecases.tasks import Settled
from handrail.web import problems
from handrail.web.docs import requests
from handrail.web.rendering import NO_STORE, answer, read_body, read_query
from handrail.web.services import services

from . import callback_page as pages
from .callback_page import wants_page
from .tasks import ForDocument, SettledDocument, log_settled, settled_answer, wanted_outcome

callbacks = Blueprint("callbacks", __name__, url_prefix="/v1")
tag_blueprint(callbacks, ["Tasks"])

FORM = "application/x-www-form-urlencoded"
MAX_FIELDS = 200
ELSEWHERE = (
    "A page of another site sent this answer. Open the link itself, and answer on the page it leads"
    " to. Nothing was settled."
)
Status = Literal["pending", "settled", "timed_out", "stopped"]
ENDED: Mapping[Outcome, Status] = {Outcome.TIMED_OUT: "timed_out", Outcome.STOPPED: "stopped"}
"""All others are settled."""
HEADERS = {
    **NO_STORE,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Vary": "Accept",
}


class CallbackDocument(ForDocument, QuestionDocument):
    """Where a signed link leads, as it is now. It has the facts while the task waits, and the
    choices that this link allows. `for` is whom the link is for, `answered` the label of the choice
    taken, if one was, and `answered_by` who is known to have answered."""

    execution: str
    state_machine: str
    execution_status: StatusText
    event_id: int
    state: str
    comment: Annotated[str | None, Field(description="The state's Comment in the definition.")]
    answered: str | None
    answered_by: str | None
    status: Status
    outcome: OutcomeText | None
    settled_at: Time | None
    scheduled_at: Time | None
    timeout_at: Time | None
    actions: list[OutcomeText]
    expires_at: Time
    output_schema: Mapping[str, Json] | bool | None
    links: Links


@callbacks.before_request
async def _refuse_other_sites() -> None:
    origins, headers = services().options.origins, request.headers
    origin, site, host = (headers.get(name) for name in ("Origin", "Sec-Fetch-Site", "Host"))
    elsewhere = other_site(origin, site, host, origins)
    if request.method == "POST" and elsewhere:
        raise errors.Forbidden(ELSEWHERE)


@callbacks.get("/callbacks/<path:signed>")
@document_response(CallbackDocument)
async def show_callback(signed: str) -> Response:
    """Show where a signed link leads: a page with a form for browsers, JSON for the rest.

    Nothing is settled by looking."""
    service = services().links
    link = service.read(signed)
    asked = await service.look(link)
    if wants_page():
        return await pages.question(asked, link, service.clock.now())
    return answer(callback_document(asked, link))


@callbacks.post("/callbacks/<path:signed>")
@document_querystring(requests.CallbackQuery)
@document_request(requests.CallbackRequest)
@document_response(SettledDocument)
async def settle_callback(signed: str) -> Response:
    """Settle the task a signed link leads to, by JSON or by the page's form.

    The same again is a replay, and answers 200; another outcome answers 409."""
    link = services().links.read(signed)
    if (form := await _form()) is not None:
        return await _by_form(link, form)
    body, query = await read_body(requests.CallbackRequest), read_query(requests.CallbackQuery)
    wanted = wanted_outcome(body, query.action)
    return await _settled(await services().links.settle(link, wanted), link)


@callbacks.errorhandler(errors.ServiceError)
async def _failed(error: errors.ServiceError) -> Response:
    if wants_page():
        return await pages.problem_page(error, services().links.clock.now())
    return await problems.service_error(error)


@callbacks.errorhandler(RequestEntityTooLarge)
async def _too_large(error: RequestEntityTooLarge) -> Response:
    if wants_page():
        too_large = errors.PayloadTooLarge("That is more than this service takes.")
        return await pages.problem_page(too_large, services().links.clock.now())
    return await problems.http_error(error)


@callbacks.after_request
async def _keep_secret(response: Response) -> Response:
    response.headers.update(HEADERS)
    return response


def callback_document(asked: Asked, link: Link) -> CallbackDocument:
    """What the link's holder may know. Relative links don't repeat the signed text."""
    task, settlement = asked.task, asked.settlement
    fields = asked.question.fields if task else None
    actions = [action.value for action in link.actions]
    status = ENDED.get(settlement.outcome, "settled") if settlement else "pending"
    return {
        "execution": str(asked.execution),
        "state_machine": asked.execution.machine,
        "execution_status": asked.execution_status.value,
        "event_id": link.event_id,
        "state": asked.state,
        "title": asked.title,
        "comment": asked.comment,
        "facts": facts_document(asked.facts),
        "choices": choices_document(asked.offered(link) if task else ()),
        "fields": None if fields is None else fields_document(fields),
        "for": link.meant_for,
        "answered": asked.given.choice.label if asked.given.choice else None,
        "answered_by": asked.by,
        "status": status,
        "outcome": settlement.outcome.value if settlement and status == "settled" else None,
        "settled_at": rfc3339(settlement.at) if settlement else None,
        "scheduled_at": rfc3339(task.scheduled_at) if task else None,
        "timeout_at": rfc3339(task.timeout_at) if task and task.timeout_at else None,
        "actions": actions,
        "expires_at": rfc3339(link.expires_at),
        "output_schema": asked.question.schema,
        "links": {action: f"?action={action}" for action in actions} if task else {},
    }


async def _by_form(link: Link, form: Mapping[str, str]) -> Response:
    service = services().links
    asked = await service.look(link)
    action = form.get("action") or read_query(requests.CallbackQuery).action
    try:
        settled = await service.settle(link, pages.read_form(asked, form, action))
    except errors.InvalidRequest as error:
        if not wants_page():
            raise
        wrong = error.errors or (errors.FieldError("", error.detail),)  # one at least, to be shown
        typed = pages.Typed(form, wrong)
        return await pages.question(asked, link, service.clock.now(), typed)
    except errors.TaskAlreadySettled as error:
        if not wants_page():
            raise
        asked = await service.look(link)
        return await pages.conflict_page(error, asked, pages.chosen(asked, form))
    return await _settled(settled, link, asked)


async def _form() -> Mapping[str, str] | None:
    """The page's form, None for any other body: curl calls JSON a form unless told otherwise, and a
    browser's never begins with a brace. Browsers send line ends as CRLF. Raises InvalidRequest."""
    data = await request.get_data(True, False, False)
    if request.mimetype != FORM or data.removeprefix(BOM_UTF8).lstrip().startswith(b"{"):
        return None
    try:
        pairs = parse_qsl(
            data.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS
        )
    except ValueError:
        raise errors.InvalidRequest("The form can't be read.") from None
    return {name: value.replace("\r\n", "\n") for name, value in pairs}


async def _settled(settled: Settled, link: Link, asked: Asked | None = None) -> Response:
    if asked is None or not wants_page():
        return settled_answer(settled, via="link", link_for=link.meant_for)
    log_settled(settled, via="link", link_for=link.meant_for)
    return await pages.settled_page(settled, link, asked)
