"""What is remembered of signed messages."""

from collections.abc import AsyncIterator

import pytest

from handrail.core.errors import SignatureInvalid
from handrail.usecases.in_memory import SIGNATURE_GOOD_FOR_S, WEBHOOK_IDS, InMemoryWebhookIds
from handrail.web.webhook_signatures import Signatures
from tests.fakes import FakeClock
from tests.web.approvals import approval
from tests.web.conftest import Serving
from tests.web.served import Served
from tests.web.signed_webhooks import NEW, OLD, signed


@pytest.fixture
async def served(serve: Serving) -> AsyncIterator[Served]:
    async with serve(webhook_secrets=f"{NEW},{OLD}") as served:
        approval(served.stub)
        yield served


# What is remembered


def sign(id: str) -> dict[str, str]:
    return signed(b"{}", id=id)


async def test_an_address_is_remembered_as_long_as_its_signature_is_good() -> None:
    clock = FakeClock()
    signatures = Signatures((NEW,), InMemoryWebhookIds(clock))
    assert await signatures.verify(sign("a"), b"{}", "/one")
    await clock.advance(SIGNATURE_GOOD_FOR_S - 1)
    with pytest.raises(SignatureInvalid):
        await signatures.verify(sign("a"), b"{}", "/two")
    await clock.advance(1)
    assert await signatures.verify(sign("a"), b"{}", "/two")


async def test_only_so_many_are_remembered_the_newest() -> None:
    signatures = Signatures((NEW,), InMemoryWebhookIds(FakeClock()))
    for number in range(WEBHOOK_IDS + 1):
        await signatures.verify(sign(f"m{number}"), b"{}", "/one")
    with pytest.raises(SignatureInvalid):
        await signatures.verify(sign(f"m{WEBHOOK_IDS}"), b"{}", "/two")
    assert await signatures.verify(sign("m0"), b"{}", "/two")


async def test_a_message_that_wasnt_signed_isnt_remembered() -> None:
    signatures = Signatures((NEW,), InMemoryWebhookIds(FakeClock()))
    with pytest.raises(SignatureInvalid):
        await signatures.verify({**sign("a"), "webhook-id": "b"}, b"{}", "/one")
    assert await signatures.verify(sign("b"), b"{}", "/two")
