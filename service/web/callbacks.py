"""Following signed links. GET shows what is asked and never settles anything: mail scanners and
chat previews follow every link they see. POST settles.

The only credential is the link itself: there is no cookie or other ambient credential that a
foreign page could make a browser send along. But an answer is a person's, given on our page: what a
browser says another site's page sends is refused, whoever gave that page the link. A browser's
`Sec-Fetch-Site` tells (https://www.w3.org/TR/fetch-metadata/): with `no-referrer` the `Origin` of
our own form is `null`.

The signed text is a secret. It is in no log line, metric, problem or page, and pages are sent with
`no-referrer` and `no-store`.
"""

from collections.abc import Mapping
from dataclasses import asdict
from urllib.parse import parse_qsl

from quart import Blueprint, Response, request
from quart_schema import (
    document_querystring,
    document_request,
    document_response,
    tag_blueprint,
)
from werkzeug.exceptions import RequestEntityTooLarge

from service.core import documents
from service.core.callback_choices import Choice
from service.core.errors import (
    Forbidden,
    InvalidRequest,
    PayloadTooLarge,
    ServiceError,
    TaskAlreadySettled,
)
from service.core.links import Link
from service.core.models import rfc3339
from service.core.origins import other_site
from service.core.settling import Outcome, Settlement
from service.usecases.links import Asked
from service.usecases.tasks import Settled

from . import models, problems
from .callback_page import (
    Typed,
    form_error,
    pressed,
    problem_page,
    question,
    read_form,
    settled_page,
    wants_page,
)
from .rendering import answer, read_body, read_query
from .services import services
from .settling import meant, note, settled_answer

callbacks = Blueprint("callbacks", __name__, url_prefix="/v1")
tag_blueprint(callbacks, ["Tasks"])

FORM = "application/x-www-form-urlencoded"
MAX_FIELDS = 200
ELSEWHERE = (
    "A page of another site sent this answer. Open the link itself, and answer on the page it leads"
    " to. Nothing was settled."
)
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Vary": "Accept",
}
STATUSES = {Outcome.TIMED_OUT: "timed_out", Outcome.STOPPED: "stopped"}


@callbacks.before_request
async def _refuse_other_sites() -> None:
    """Raises Forbidden."""
    if request.method != "POST":
        return
    settings, headers = services().settings, request.headers
    if other_site(
        headers.get("Origin"),
        headers.get("Sec-Fetch-Site"),
        headers.get("Host"),
        settings.origins,
        known_as=settings.public_url,
    ):
        raise Forbidden(ELSEWHERE)


@callbacks.get("/callbacks/<path:signed>")
@document_response(models.CallbackModel)
async def show_callback(signed: str) -> Response:
    """Show where a signed link leads: a page with a form for browsers, JSON for the rest.

    Nothing is settled by looking."""
    service = services().links
    link = service.read(signed)
    asked = await service.look(link)
    return await question(asked, link) if wants_page() else answer(callback_document(asked, link))


@callbacks.post("/callbacks/<path:signed>")
@document_querystring(models.CallbackQuery)
@document_request(models.CallbackRequest)
@document_response(models.SettledModel)
async def settle_callback(signed: str) -> Response:
    """Settle the task a signed link leads to, by JSON or by the page's form.

    The same again is a replay, and answers 200; another outcome answers 409."""
    link = services().links.read(signed)
    if await _is_form():
        return await _by_form(link)
    body = await read_body(models.CallbackRequest)
    wanted = meant(body, read_query(models.CallbackQuery).action)
    return await _told(await services().links.settle(link, wanted))


@callbacks.errorhandler(ServiceError)
async def _failed(error: ServiceError) -> Response:
    return await problem_page(error) if wants_page() else await problems.service_error(error)


@callbacks.errorhandler(RequestEntityTooLarge)
async def _too_large(error: RequestEntityTooLarge) -> Response:
    if wants_page():
        return await problem_page(PayloadTooLarge("That is more than this service takes."))
    return await problems.http_error(error)


@callbacks.after_request
async def _keep_secret(response: Response) -> Response:
    response.headers.update(HEADERS)
    return response


def callback_document(asked: Asked, link: Link) -> documents.Document:
    """What the link's holder may know. The links are relative to the address that was asked, so
    that the signed text isn't repeated."""
    task, settlement = asked.task, asked.settlement
    actions = [action.value for action in link.actions]
    return {
        **_standing(settlement),
        "execution": str(asked.execution),
        "state_machine": asked.execution.machine,
        "execution_status": asked.execution_status.value,
        "event_id": link.event_id,
        "state": asked.state,
        "title": asked.title,
        "comment": asked.comment,
        "facts": [{"label": fact.label, "value": fact.value} for fact in asked.facts],
        "choices": [asdict(choice) for choice in asked.offered(link)] if task else [],
        "answered": asked.answered.label if asked.answered else None,
        "scheduled_at": rfc3339(task.scheduled_at) if task else None,
        "timeout_at": rfc3339(task.timeout_at) if task and task.timeout_at else None,
        "actions": actions,
        "expires_at": rfc3339(link.expires_at),
        "output_schema": asked.output_schema,
        "links": {action: f"?action={action}" for action in actions} if task else {},
    }


def _standing(settlement: Settlement | None) -> documents.Document:
    if settlement is None:
        return {"status": "pending", "outcome": None, "settled_at": None}
    settled = settlement.outcome in {Outcome.SUCCESS, Outcome.FAILURE}
    return {
        "status": STATUSES.get(settlement.outcome, "settled"),
        "outcome": settlement.outcome.value if settled else None,
        "settled_at": rfc3339(settlement.at),
    }


async def _is_form() -> bool:
    """curl calls JSON a form unless told otherwise; a browser's form never begins with a brace."""
    data = await request.get_data(True, False, False)
    return request.mimetype == FORM and not data.lstrip().startswith(b"{")


async def _by_form(link: Link) -> Response:
    service, form = services().links, await _form()
    asked = await service.look(link)
    action = form.get("action") or read_query(models.CallbackQuery).action
    try:
        settled = await service.settle(link, read_form(asked, form, action))
    except InvalidRequest as error:
        if not wants_page():
            raise
        return await question(asked, link, Typed(form, form_error(error)))
    except TaskAlreadySettled as error:
        if not wants_page():
            raise
        return await problem_page(error, (await service.look(link)).answered)
    return await _told(settled, pressed(asked, form))


async def _form() -> Mapping[str, str]:
    """Raises InvalidRequest. Browsers send line ends as CRLF."""
    try:
        text = (await request.get_data(True, False, False)).decode()
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:
        raise InvalidRequest("The form can't be read.") from None
    return {name: value.replace("\r\n", "\n") for name, value in pairs}


async def _told(settled: Settled, choice: Choice | None = None) -> Response:
    note(settled, via="link")
    return await settled_page(settled, choice) if wants_page() else settled_answer(settled)
