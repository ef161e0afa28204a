"""Tickets: once, for half a minute, as the one who asked."""

import pytest

from handrail.auth.tickets import InMemoryTickets, Tickets
from handrail.core.access.principals import ANYBODY, AccessScope, Grant, Principal
from handrail.core.errors import TooManyTickets, Unauthenticated, Unavailable
from tests.fakes import FakeClock

WHO = Principal("who", (Grant(AccessScope.READ),))


async def test_a_ticket_stands_for_its_principal_once() -> None:
    tickets = Tickets(FakeClock())
    ticket = await tickets.issue(WHO)
    assert await tickets.redeem(ticket.text) is WHO
    with pytest.raises(Unauthenticated):
        await tickets.redeem(ticket.text)


@pytest.mark.parametrize("text", ["", "made-up", "\ud800"])
async def test_a_made_up_ticket_is_refused(text: str) -> None:
    tickets = Tickets(FakeClock())
    await tickets.issue(WHO)
    with pytest.raises(Unauthenticated):
        await tickets.redeem(text)


async def test_a_ticket_is_good_for_thirty_seconds() -> None:
    clock = FakeClock()
    tickets = Tickets(clock)
    early, late = await tickets.issue(WHO), await tickets.issue(WHO)
    assert (early.expires_at - clock.now()).total_seconds() == 30
    await clock.advance(29.9)
    assert await tickets.redeem(early.text) is WHO
    await clock.advance(0.1)
    with pytest.raises(Unauthenticated):
        await tickets.redeem(late.text)


async def test_only_so_many_are_outstanding() -> None:
    clock = FakeClock()
    tickets = Tickets(clock, InMemoryTickets(clock, most=2))
    first = await tickets.issue(WHO)
    await tickets.issue(ANYBODY)
    with pytest.raises(Unavailable):
        await tickets.issue(WHO)
    assert await tickets.redeem(first.text) is WHO
    await tickets.issue(WHO)
    await clock.advance(30)
    assert (await tickets.issue(WHO)).text


async def test_a_ticket_isnt_held_in_clear() -> None:
    clock = FakeClock()
    store = InMemoryTickets(clock)
    ticket = await Tickets(clock, store).issue(WHO)
    assert ticket.text not in str(vars(store))


async def test_a_principal_has_its_share_and_leaves_the_others_theirs() -> None:
    clock = FakeClock()
    tickets, other = Tickets(clock, InMemoryTickets(clock, share=2)), Principal("other", ())
    first, _ = await tickets.issue(WHO), await tickets.issue(WHO)
    with pytest.raises(TooManyTickets):
        await tickets.issue(WHO)
    assert (await tickets.issue(other)).text
    await tickets.redeem(first.text)
    await tickets.issue(WHO)
    await clock.advance(30)
    for _ in range(2):
        await tickets.issue(WHO)


async def test_who_is_nobody_has_no_share() -> None:
    clock = FakeClock()
    tickets = Tickets(clock, InMemoryTickets(clock, share=1))
    for _ in range(3):
        await tickets.issue(ANYBODY)
