"""Shows what waits to be told to others and what couldn't be, and tries that again or drops it."""

from typing import Annotated

from pydantic import Field
from quart import Blueprint, Response
from quart_schema import document_querystring, document_response, tag_blueprint

from handrail.core.access.principals import AccessScope, check_execution
from handrail.core.models import ExecutionId, rfc3339
from handrail.core.news.deliveries import DeadLetter, Delivery, DeliveryKey
from handrail.core.news.letter_keys import execution_of, key_text, read_key
from handrail.core.protocol.document_shapes import Time
from handrail.core.typed_dict import TypedDict
from handrail.usecases.news.news_service import NewsRequest, NewsService
from handrail.web import audit
from handrail.web.access import NEWS
from handrail.web.auth import may_see, principal
from handrail.web.docs import requests
from handrail.web.rendering import answer, read_query
from handrail.web.services import services

news = Blueprint("news", __name__)
tag_blueprint(news, ["Operations"])


class NewsCountsDocument(TypedDict):
    """Of the state machines that the caller may read."""

    waiting: int
    dead: Annotated[int, Field(description="Given up, and kept for 14 days.")]


class DeliveryDocument(TypedDict):
    """One news for one subscription, without what is sent."""

    key: Annotated[str, Field(description="What `retry` and DELETE know it by.")]
    subscription: str
    target: Annotated[
        str | None,
        Field(description="Its kind and host or name; null: the subscription isn't known here."),
    ]
    execution: str
    state_machine: str
    event_id: int
    kinds: list[str]
    attempts: Annotated[int, Field(description="How often it was tried.")]
    problem: Annotated[str | None, Field(description="Why the last attempt failed.")]
    at: Annotated[Time, Field(description="When it happened.")]
    due_at: Annotated[Time, Field(description="When it is tried next, or was to be.")]


class DeadDeliveryDocument(DeliveryDocument):
    """One that was given up."""

    given_up_at: Time


class UndeliveredDocument(TypedDict):
    """Behind each that waits more may wait: news of one execution go to a subscription in order."""

    counts: NewsCountsDocument
    sends: Annotated[bool, Field(description="Whether the process that answers takes part.")]
    waiting: Annotated[
        list[DeliveryDocument],
        Field(description="The first of each execution and subscription, soonest due first."),
    ]
    dead: Annotated[list[DeadDeliveryDocument], Field(description="Newest first.")]
    next_page: Annotated[str | None, Field(description="Of those that were given up.")]


class DroppedNewsDocument(TypedDict):
    key: str


@news.get("/v1/news")
@document_response(UndeliveredDocument)
@document_querystring(requests.NewsQuery)
async def show_news() -> Response:
    """Show what waits to be told to others, and what was given up after a day of tries.

    A caller sees what is of executions that it may read. 501 where nothing is configured that
    anybody is told."""
    served, query, who = services(), read_query(requests.NewsQuery), principal()

    def may_read(id: ExecutionId) -> bool:
        return who is None or who.may_with(AccessScope.READ, id)

    def may_count(machine: str) -> bool:
        return may_see(AccessScope.READ, machine)

    found = await served.news.listing(NewsRequest(may_read, may_count, query.limit, query.page))
    document: UndeliveredDocument = {
        "counts": {"waiting": found.waiting_count, "dead": found.dead_count},
        "sends": served.news.sends,
        "waiting": [_delivery(each, served.news) for each in found.waiting],
        "dead": [_letter(each, served.news) for each in found.dead],
        "next_page": found.next_page,
    }
    return answer(document)


@news.post(f"{NEWS}/retry")
@document_response(DeliveryDocument, 202)
async def retry_news(key: str) -> Response:
    """Have it sent again: at once what waits, and from the beginning what was given up.

    What is sent is the same, by the same message id. Whoever sends for the fleet takes it up within
    seconds. Needs the scope `operate` for the execution that it tells of."""
    served, asked = services(), _changeable(key)
    delivery = await served.news.retry(asked)
    audit.done(execution_of(asked), subscription=asked.subscription)
    return answer(_delivery(delivery, served.news), 202)


@news.delete(NEWS)
@document_response(DroppedNewsDocument)
async def drop_news(key: str) -> Response:
    """Drop what waits or was given up: nobody is told of it any more.

    What is being sent at the moment may arrive all the same. Needs the scope `operate` for the
    execution that it tells of."""
    served, asked = services(), _changeable(key)
    await served.news.drop(asked)
    audit.done(execution_of(asked), subscription=asked.subscription)
    return answer(DroppedNewsDocument(key=key_text(asked)))


def _changeable(text: str) -> DeliveryKey:
    """Raises NewsNotFound, ExecutionNotFound, Forbidden."""
    key, who = read_key(text), principal()
    if who is not None:
        check_execution(who, AccessScope.OPERATE, str(execution_of(key)))
    return key


def _delivery(delivery: Delivery, service: NewsService) -> DeliveryDocument:
    return {
        "key": key_text(delivery.key),
        "subscription": delivery.subscription,
        "target": service.shown_target(delivery.subscription),
        "execution": str(delivery.execution),
        "state_machine": delivery.execution.machine,
        "event_id": delivery.event_id,
        "kinds": list(delivery.kinds),
        "attempts": delivery.attempts,
        "problem": delivery.problem,
        "at": rfc3339(delivery.at),
        "due_at": rfc3339(delivery.due_at),
    }


def _letter(letter: DeadLetter, service: NewsService) -> DeadDeliveryDocument:
    document = _delivery(letter.delivery, service)
    return {**document, "given_up_at": rfc3339(letter.given_up_at)}
