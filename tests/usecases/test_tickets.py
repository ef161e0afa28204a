"""Tickets: once, for half a minute, as the one who asked."""

import pytest

from service.core.errors import Unauthenticated, Unavailable
from service.core.principals import ANYBODY, Grant, Principal, Scope
from service.usecases.tickets import Tickets
from tests.fakes import FakeClock

WHO = Principal("who", (Grant(Scope.READ),))


def test_a_ticket_stands_for_its_principal_once() -> None:
    tickets = Tickets(FakeClock())
    ticket = tickets.issue(WHO)
    assert tickets.redeem(ticket.text) is WHO
    with pytest.raises(Unauthenticated):
        tickets.redeem(ticket.text)


@pytest.mark.parametrize("text", ["", "made-up", "\ud800"])
def test_a_made_up_ticket_is_refused(text: str) -> None:
    tickets = Tickets(FakeClock())
    tickets.issue(WHO)
    with pytest.raises(Unauthenticated):
        tickets.redeem(text)


async def test_a_ticket_is_good_for_thirty_seconds() -> None:
    clock = FakeClock()
    tickets = Tickets(clock)
    early, late = tickets.issue(WHO), tickets.issue(WHO)
    assert (early.expires_at - clock.now()).total_seconds() == 30
    await clock.advance(29.9)
    assert tickets.redeem(early.text) is WHO
    await clock.advance(0.1)
    with pytest.raises(Unauthenticated):
        tickets.redeem(late.text)


async def test_only_so_many_are_outstanding() -> None:
    clock = FakeClock()
    tickets = Tickets(clock, most=2)
    first = tickets.issue(WHO)
    tickets.issue(ANYBODY)
    with pytest.raises(Unavailable):
        tickets.issue(WHO)
    assert tickets.redeem(first.text) is WHO
    tickets.issue(WHO)
    await clock.advance(30)
    assert tickets.issue(WHO).text


def test_a_ticket_isnt_held_in_clear() -> None:
    tickets = Tickets(FakeClock())
    assert tickets.issue(WHO).text not in str(vars(tickets))
