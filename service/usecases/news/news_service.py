"""Shows what waits to be told and what couldn't be, and tries that again or forgets it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from handrail.core.errors import NewsNotFound, NewsUnavailable
from handrail.core.models import ExecutionId
from handrail.core.news.deliveries import DeadLetter, Delivery, DeliveryKey

if TYPE_CHECKING:  # every service has this one, and most tell nobody of anything
    from handrail.core.news.news_outbox import Outbox
    from handrail.core.news.subscriptions import NewsSubscription

MOST_PAGES = 20
"""Of letters that are read for one answer, where the caller may see few of them."""

MOST_WAITING = 1000
"""Lanes that are looked through for those the caller may see."""

NONE: "Mapping[str, NewsSubscription]" = {}


@dataclass(frozen=True, slots=True)
class NewsRequest:
    """Of the executions that `may_read` says; counted are those of the state machines that
    `may_count` says. `page` is the token of a page of letters."""

    may_read: Callable[[ExecutionId], bool]
    may_count: Callable[[str], bool]
    limit: int = 50
    page: str | None = None


@dataclass(frozen=True, slots=True)
class NewsListing:
    """`waiting`: the first of each lane, which all behind it wait for. `dead`: a page of letters,
    newest first."""

    waiting_count: int
    dead_count: int
    waiting: Sequence[Delivery]
    dead: Sequence[DeadLetter]
    next_page: str | None


@dataclass(frozen=True, slots=True, repr=False)
class NewsService:
    """`outbox` is None where no news is configured: each method then raises NewsUnavailable.
    `subscriptions` are those of now, by id; `sends` says whether this process takes part in
    sending."""

    outbox: "Outbox | None" = None
    subscriptions: "Mapping[str, NewsSubscription]" = field(default_factory=lambda: NONE)
    sends: bool = False

    @property
    def configured(self) -> bool:
        return self.outbox is not None

    async def listing(self, wanted: NewsRequest) -> NewsListing:
        """Raises InvalidRequest for what is no page's token, Unavailable."""
        outbox = self._there()
        counts = await outbox.counts()
        counted = [each for name, each in counts.by_machine.items() if wanted.may_count(name)]
        waiting = await self._waiting(outbox, wanted)
        letters, next_page = await self._letters(outbox, wanted)
        return NewsListing(
            sum(waiting for waiting, _ in counted),
            sum(dead for _, dead in counted),
            waiting,
            letters,
            next_page,
        )

    def shown_target(self, subscription: str) -> str | None:
        """Without what may be secret of it; None where the subscription isn't known here."""
        known = self.subscriptions.get(subscription)
        return None if known is None else known.target.shown

    async def retry(self, key: DeliveryKey) -> Delivery:
        """Have it sent again, at once: a letter from the beginning. Raises NewsNotFound."""
        if (delivery := await self._there().revive(key)) is None:
            raise gone()
        return delivery

    async def drop(self, key: DeliveryKey) -> None:
        """Forget it: nobody is told any more. Raises NewsNotFound."""
        if not await self._there().drop(key):
            raise gone()

    def _there(self) -> "Outbox":
        if self.outbox is None:
            raise NewsUnavailable(
                "Nobody is told of what happens here: no machine.json has a `notify`, and"
                " HANDRAIL_NOTIFY isn't set."
            )
        return self.outbox

    async def _waiting(self, outbox: "Outbox", wanted: NewsRequest) -> Sequence[Delivery]:
        """Each comes with its body: many are read only where some of the first may not be seen."""
        for most in (wanted.limit, MOST_WAITING):
            first = await outbox.waiting(most)
            seen = [each for each in first if wanted.may_read(each.execution)]
            if len(seen) == len(first):
                break
        return seen[: wanted.limit]

    async def _letters(
        self, outbox: "Outbox", wanted: NewsRequest
    ) -> tuple[Sequence[DeadLetter], str | None]:
        """A page of those that may be seen; fewer than that where few of many are."""
        found, page = list[DeadLetter](), wanted.page
        for _ in range(MOST_PAGES):
            letters = await outbox.letters(wanted.limit - len(found), page)
            page = letters.next_token
            found += (one for one in letters.items if wanted.may_read(one.delivery.execution))
            if page is None or len(found) == wanted.limit:
                break
        return found, page


def gone() -> NewsNotFound:
    return NewsNotFound("It was delivered, dropped or forgotten meanwhile, or never was.")
