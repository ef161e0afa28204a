"""Makes signed links to one task each, shows where they lead, and settles by them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from handrail.clock import Clock
from handrail.core.access.signed_links import Keyring, Link, expiry, ordered
from handrail.core.definition.callback_choices import Choice
from handrail.core.definition.callback_question import NOTHING_GIVEN, Fact, Given, Question, given
from handrail.core.errors import LinkForbids, LinksUnavailable, ServiceError, TaskTimedOut
from handrail.core.history.facts import PendingTask
from handrail.core.history.outcomes import Answerer, Outcome, Settlement, TaskAnswer, answer_in
from handrail.core.models import Cursor, ExecutionId, ExecutionStatus, Json
from handrail.core.protocol.paths import Linker
from handrail.usecases.catalogue import Catalogue
from handrail.usecases.live import Hub, Watcher
from handrail.usecases.tasks import Settled, TaskService, failure, pending, success

BOTH = (Outcome.SUCCESS, Outcome.FAILURE)


@dataclass(frozen=True, slots=True)
class Asked:
    """Where a link leads now: to a `task` that waits, or to its `settlement`, which is told as
    `given` by `by`, as far as that is known."""

    execution: ExecutionId
    execution_status: ExecutionStatus
    state: str
    task: PendingTask | None
    settlement: Settlement | None
    comment: str | None
    question: Question
    title: str | None = None
    facts: tuple[Fact, ...] = ()
    given: Given = NOTHING_GIVEN
    by: str | None = None

    def offered(self, link: Link) -> tuple[Choice, ...]:
        return tuple(one for one in self.question.choices if one.outcome in link.actions)


@dataclass(frozen=True, slots=True, repr=False)
class LinkService:
    keys: Keyring
    hub: Hub
    tasks: TaskService
    catalogue: Catalogue
    clock: Clock
    ttl_s: float

    async def make(
        self,
        execution: str,
        event_id: int,
        *,
        actions: Sequence[Outcome] = BOTH,
        expires_in_s: float | None = None,
        meant_for: str | None = None,
        after: Cursor | None = None,
        there: bool = False,
    ) -> tuple[str, Link]:
        """The signed text and what it allows, for a task that waits and can be settled here. That
        there is such an event is sure where it is `there`.

        Raises LinksUnavailable, TaskNotFound, TaskAlreadySettled, TaskTimedOut, ExecutionEnded,
        ExecutionNotFound, TokenUnavailable, NotShownYet."""
        if not self.keys:
            raise LinksUnavailable("Signed links need a key: set HANDRAIL_LINK_KEYS.")
        watching = self.hub.watching(execution, fresh=False, lagging=True, after=after)
        async with watching as watcher:
            task, _ = await self.tasks.waiting(watcher, event_id, there=there)
            now = self.clock.now()
            ttl_s = self.ttl_s if expires_in_s is None else expires_in_s
            expires_at = expiry(now, ttl_s, task.timeout_at)
            if expires_at <= now:
                raise TaskTimedOut("The task's time is as good as over: a link would be, too.")
            link = Link(watcher.id, event_id, ordered(actions), expires_at, meant_for)
            return self.keys.sign(link), link

    def read(self, signed: str) -> Link:
        """Raises LinkInvalid, LinkExpired."""
        return self.keys.read(signed, self.clock.now())

    async def look(self, link: Link) -> Asked:
        """Where the link leads; changes nothing. Raises TaskNotFound, ExecutionNotFound, and
        NotShownYet: there is such an event, or there were no link."""
        machine = link.execution.machine
        async with self.hub.watching(str(link.execution), lagging=True) as watcher:
            await self.tasks.seen(watcher, link.event_id, there=True)
            settlement = await self.tasks.settlement(watcher, link.event_id)
            found = settlement or pending(watcher, link.event_id)
            fields = watcher.require_feed().projection.execution
            question = self.catalogue.question(machine, found.state)
            parameters = await _parameters(watcher, link.event_id) if question.tells else None
            said = await _given(watcher, settlement, question) if settlement else NOTHING_GIVEN
        return Asked(
            link.execution,
            fields.status if fields else ExecutionStatus.RUNNING,
            found.state,
            found if isinstance(found, PendingTask) else None,
            settlement,
            await self._comment(machine, found.state),
            question,
            question.title(parameters),
            () if settlement else question.facts(parameters),
            said,
            said.by or (settlement.by if settlement else None),
        )

    async def settle(self, link: Link, answer: TaskAnswer) -> Settled:
        """Settle the link's task. Raises LinkForbids, and what TaskService.settle raises."""
        if answer.outcome not in link.actions:
            raise LinkForbids(f"This link doesn't offer {answer.outcome.value}.")
        target, by = str(link.execution), Answerer(link.meant_for, sole=True)
        return await self.tasks.settle(target, link.event_id, answer, by=by, there=True)

    async def _comment(self, machine: str, state: str) -> str | None:
        """What the definition says of the state; the page does without where it can't be read."""
        try:
            described = await self.catalogue.describe(machine)
        except ServiceError:
            return None
        known = described.definition.states.get(state)
        comment = known.raw.get("Comment") if known else None
        return comment if isinstance(comment, str) else None


def answer_of(choice: Choice, body: Mapping[str, Json]) -> TaskAnswer:
    """What a button settles its task with, by its body. Raises InvalidRequest where AWS would not
    take it."""
    if choice.outcome is Outcome.SUCCESS:
        return success(body["output"])
    return failure(body.get("error"), body.get("cause"))


async def _given(watcher: Watcher, settlement: Settlement, question: Question) -> Given:
    """What the answer meant that settled the task."""
    if (answer := settlement.answer) is None and settlement.ended_by is not None:
        for event in await watcher.history.events(settlement.ended_by - 1, limit=1):
            answer = answer_in(event)
    return given(question, answer) if answer is not None else NOTHING_GIVEN


async def _parameters(watcher: Watcher, event_id: int) -> str | None:
    """What the task was called with, redacted; None where the history doesn't hold it whole."""
    for event in await watcher.history.events(event_id - 1, limit=1):
        cut_off = event.details.get("parametersDetails") or {}
        text = event.details.get("parameters")
        if isinstance(text, str) and not cut_off.get("truncated"):
            return text
    return None


def linker(keys: Keyring, *, ttl_s: float, url_of: Callable[[str], str]) -> Linker:
    """Links for every pending task that a callback can settle. The same task has the same link
    whenever it is drawn. `url_of` makes an address of the signed text."""

    def link_to(execution: ExecutionId, task: PendingTask) -> str | None:
        if task.resource.startswith("activity:"):
            return None
        expires_at = expiry(task.scheduled_at, ttl_s, task.timeout_at)
        return url_of(keys.sign(Link(execution, task.event_id, BOTH, expires_at)))

    return link_to
