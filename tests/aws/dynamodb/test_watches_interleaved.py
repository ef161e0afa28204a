"""Watches under every order of calls: no nudge is lost, and two never tell at once.

Tellers, newcomers and leavers act on one watch; which of them makes its next call, when time
passes and who dies half-way is drawn. A nudge is answered once the history is read after it by
whoever tells; where one died, the schedule's look at what is due may be what answers it.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handrail.aws.dynamodb.table import Table
from handrail.aws.dynamodb.watches import AwsWatches
from tests.aws.conftest import GatewayClients, HastyClock
from tests.aws.interleaving import Actor, play

pytestmark = pytest.mark.asyncio(loop_scope="session")

LEASE = timedelta(seconds=30)
FAR = timedelta(minutes=10)
INVOCATION = timedelta(seconds=50)
"""Less than a new watch has to settle: who comes later than that doesn't come."""

A_MINUTE = 60.0
_executions = count(1)


@dataclass(slots=True)
class Story:
    """What happened to one execution's watch. `moments` numbers what happens."""

    execution: str
    clock: HastyClock
    moments: Iterator[int] = field(default_factory=lambda: count(1))
    subscribed: int = 0
    nudges: list[int] = field(default_factory=list)
    reads: list[int] = field(default_factory=list)
    holders: dict[str, datetime] = field(default_factory=dict)

    def took(self, owner: str, until: datetime) -> None:
        others = [name for name, end in self.holders.items() if end > self.clock.now()]
        assert others == []
        self.holders = {owner: until}

    def released(self, owner: str) -> None:
        self.holders.pop(owner, None)

    def holds(self, owner: str) -> bool:
        return owner in self.holders

    @property
    def unanswered(self) -> list[int]:
        last = max(self.reads, default=0)
        return [nudge for nudge in self.nudges if nudge > last]


class Person(Actor):
    """Whoever comes to the watch; `name` is an owner's."""

    def __init__(self, story: Story, name: str) -> None:
        super().__init__()
        self.story = story
        self.name = name
        self.watches: AwsWatches
        self._ends_at = story.clock.now() + INVOCATION

    async def turn(self) -> None:
        """Nobody outlives their invocation's time."""
        await super().turn()
        if self.story.clock.now() > self._ends_at:
            self.died = True
            raise asyncio.CancelledError

    async def nudged(self) -> None:
        """The queue brings the nudge again to another where this one dies before it is known."""
        await self.turn()
        await self.tell(next(self.story.moments))

    async def comes(self) -> None:
        """Nothing brings a subscription again: it is to be told once it is kept."""
        await self.watches.watch(self.story.execution)
        await self.turn()
        self.story.subscribed += 1
        self.story.nudges.append(next(self.story.moments))
        await self.tell()

    async def leaves(self) -> None:
        await self.turn()
        self.story.subscribed = max(0, self.story.subscribed - 1)

    async def tell(self, nudge: int | None = None) -> None:
        story, now = self.story, self.story.clock.now()
        until = now + LEASE
        taken = await self.watches.take(story.execution, owner=self.name, until=until, now=now)
        if nudge is not None:
            story.nudges.append(nudge)
        if not taken:
            return
        story.took(self.name, until)
        while True:
            await self.turn()
            if story.holds(self.name):
                story.reads.append(next(story.moments))
            looked_at = story.subscribed
            due_at = story.clock.now() + FAR if looked_at else None
            if await self.watches.release(story.execution, owner=self.name, due_at=due_at):
                story.released(self.name)
                return


Role = Callable[[Person], Coroutine[Any, Any, None]]
ROLES: tuple[Role, ...] = (Person.nudged, Person.comes, Person.leaves)


TableOf = Callable[[Person], Table]


@pytest.fixture
def table_of(stored_clients: GatewayClients, table_name: str) -> TableOf:
    """The one table, as each person calls it."""

    def table(person: Person) -> Table:
        return Table(stored_clients.straight, person, table_name, person.story.clock)

    return table


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(roles=st.lists(st.sampled_from(ROLES), min_size=2, max_size=4), data=st.data())
async def test_no_nudge_is_lost_and_two_never_tell_at_once(
    table_of: TableOf, roles: Sequence[Role], data: st.DataObject
) -> None:
    story = Story(f"x:{next(_executions)}", HastyClock())
    if data.draw(st.booleans()):
        await it_was_looked_at_for_long(story, table_of)
    else:
        roles = [Person.comes, *roles[1:]]
    people = [Person(story, f"p{number}") for number in range(len(roles))]
    for person in people:
        person.watches = AwsWatches(table_of(person), story.clock)
    for person, role in zip(people, roles, strict=True):
        await person.begin(role(person))

    async def choose(alive: Sequence[Actor]) -> Actor:
        chosen: Actor = data.draw(st.sampled_from(alive))
        match data.draw(st.sampled_from(["go on"] * 8 + ["time", "lapse", "die"])):
            case "time":
                await story.clock.advance(5)
            case "lapse":
                await story.clock.advance(31)
            case "die":
                await chosen.die()
        return chosen

    await play(people, choose)
    if not any(person.died for person in people):
        assert story.subscribed == 0 or story.unanswered == []
    await the_schedule_looks(story, table_of)
    assert story.subscribed == 0 or story.unanswered == []


async def it_was_looked_at_for_long(story: Story, table_of: TableOf) -> None:
    """Nothing is due for minutes, so that a death isn't mended by chance."""
    before = Tick(story, "before")
    before.watches = AwsWatches(table_of(before), story.clock)
    await before.comes()
    await story.clock.advance(A_MINUTE + 1)
    await before.nudged()


async def the_schedule_looks(story: Story, table_of: TableOf) -> None:
    """Twice, a minute apart: past every lease, and past what settles."""
    for number in (1, 2):
        await story.clock.advance(A_MINUTE + 1)
        tick = Tick(story, f"tick{number}")
        tick.watches = AwsWatches(table_of(tick), story.clock)
        if story.execution in await tick.watches.due(story.clock.now(), limit=1000):
            await tick.tell()


class Tick(Person):
    """Waits for nobody."""

    async def turn(self) -> None:
        return None
