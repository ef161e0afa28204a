"""Puts links into news when it is sent: to the execution, and, where its subscription asks for it,
a signed one that settles the task that waits. What waits in the outbox holds none."""

from dataclasses import dataclass, replace

from handrail.core.errors import (
    ExecutionEnded,
    ExecutionNotFound,
    LinksUnavailable,
    ServiceError,
    TaskAlreadySettled,
    TaskNotFound,
    TaskTimedOut,
    TokenUnavailable,
)
from handrail.core.news.deliveries import Delivery
from handrail.core.news.news_documents import with_links
from handrail.core.protocol.paths import Addresses, callback_path
from handrail.usecases.signed_links import LinkService

from .sender import NewsTarget

OVER = "The task doesn't wait any more."
BEYOND_LINKS = "This task can't be settled by a link."
WITHOUT: dict[type[ServiceError], str] = {
    ExecutionEnded: OVER,
    ExecutionNotFound: OVER,
    LinksUnavailable: BEYOND_LINKS,
    TaskAlreadySettled: OVER,
    TaskNotFound: OVER,
    TaskTimedOut: OVER,
    TokenUnavailable: BEYOND_LINKS,
}
"""Why there is no link, where another attempt would find none either."""


@dataclass(frozen=True, slots=True, repr=False)
class NewsLinks:
    """`origin` is what stands before paths, `https://steps.example.com`; empty, links are paths."""

    signed: LinkService
    addresses: Addresses
    origin: str = ""

    async def put_into(self, delivery: Delivery, *, signs: bool) -> Delivery:
        """The delivery with its links. A task that no longer waits has none, and its news says so.
        Raises ServiceError where nobody can tell now."""
        found = self.addresses.of_execution(delivery.execution)
        links = {name: f"{self.origin}{path}" for name, path in found.items() if name == "self"}
        to_task = no_link = None
        if signs and waits(delivery):
            try:
                id, event_id = str(delivery.execution), delivery.event_id
                made, _ = await self.signed.make(id, event_id, there=True)
                to_task = f"{self.origin}{self.addresses.prefix}{callback_path(made)}"
            except tuple(WITHOUT) as error:
                no_link = next(why for kind, why in WITHOUT.items() if isinstance(error, kind))
        body = with_links(delivery.body, links, task_link=to_task, no_task_link=no_link)
        return replace(delivery, body=body)


@dataclass(frozen=True, slots=True, repr=False)
class LinkedNews:
    """A NewsTarget that hands each delivery on with its links. With `signs`, tasks that wait get a
    signed one."""

    target: NewsTarget
    links: NewsLinks
    signs: bool

    async def deliver(self, delivery: Delivery) -> None:
        await self.target.deliver(await self.links.put_into(delivery, signs=self.signs))


def waits(delivery: Delivery) -> bool:
    """Whether it says that a task waits for somebody."""
    return any(kind.rpartition(".")[2] == "waiting" for kind in delivery.kinds)
