"""Making signed links to waiting tasks, looking where they lead, and settling by them."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from handrail.core.access.signed_links import Keyring, Link
from handrail.core.definition.callback_choices import Callback
from handrail.core.definition.callback_question import UNKNOWN
from handrail.core.errors import (
    ExecutionNotFound,
    InvalidOutput,
    LinkExpired,
    LinkForbids,
    LinkInvalid,
    LinksUnavailable,
    NotShownYet,
    TaskAlreadySettled,
    TaskNotFound,
    TaskTimedOut,
    Throttled,
    TokenUnavailable,
)
from handrail.core.history.facts import PendingTask
from handrail.core.history.outcomes import Outcome
from handrail.core.models import ExecutionId, ExecutionStatus
from handrail.usecases.machine_folder import KnownMachine
from handrail.usecases.signed_links import LinkService, linker
from tests.fakes import BEGIN

from .live.stage import ID
from .settling import DEFINITION, TOKEN, Setting, no, yes

KEYS = Keyring.parse(f"a:{'s' * 32}")
WEEK_S = 604_800.0
BOTH = (Outcome.SUCCESS, Outcome.FAILURE)
TASK = PendingTask(14, "Ask", "sqs:sendMessage.waitForTaskToken", BEGIN, None, None)


@pytest.fixture
async def setting() -> AsyncIterator[Setting]:
    setting = Setting(KnownMachine(output_schemas={"Ask": {"type": "object"}}))
    yield setting
    await setting.close()


@pytest.fixture
def service(setting: Setting) -> LinkService:
    return service_of(setting, KEYS)


def service_of(setting: Setting, keys: Keyring) -> LinkService:
    return LinkService(
        keys, setting.hubs[0], setting.service, setting.catalogue, setting.clock, ttl_s=WEEK_S
    )


async def test_a_link_leads_back_to_its_task(setting: Setting, service: LinkService) -> None:
    event_id = setting.wait()
    signed, link = await service.make(ID, event_id)
    assert service.read(signed) == link
    assert link == Link(
        ExecutionId.parse(ID), event_id, BOTH, setting.clock.now() + timedelta(seconds=WEEK_S)
    )


async def test_its_maker_says_for_how_long_and_what_for(
    setting: Setting, service: LinkService
) -> None:
    event_id = setting.wait()
    _, link = await service.make(ID, event_id, actions=[Outcome.FAILURE], expires_in_s=90)
    assert link.actions == (Outcome.FAILURE,)
    assert link.expires_at == setting.clock.now() + timedelta(seconds=90)


async def test_it_never_outlives_the_task_s_own_timeout(
    setting: Setting, service: LinkService
) -> None:
    setting.history.main.enter("Task", "Ask")
    event_id = setting.schedule({"MessageBody": {"token": "t" * 30}}, timeoutInSeconds=60)
    scheduled_at = setting.history.events[event_id - 1].at
    _, link = await service.make(ID, event_id, expires_in_s=3600)
    assert link.expires_at == (scheduled_at + timedelta(seconds=60)).replace(microsecond=0)


async def test_no_link_is_made_that_is_over_already(setting: Setting, service: LinkService) -> None:
    setting.history.main.enter("Task", "Ask")
    event_id = setting.schedule({"MessageBody": {"token": "t" * 30}}, timeoutInSeconds=60)
    await setting.clock.advance(61)
    with pytest.raises(TaskTimedOut):
        await service.make(ID, event_id)


async def test_there_are_links_to_waiting_tasks_only(
    setting: Setting, service: LinkService
) -> None:
    event_id = setting.wait()
    with pytest.raises(TaskNotFound):
        await setting.in_time(service.make(ID, event_id + 1))
    with pytest.raises(ExecutionNotFound):
        await setting.in_time(service.make("orders:other", event_id))
    await setting.settle(event_id, yes())
    with pytest.raises(TaskAlreadySettled):
        await service.make(ID, event_id)


async def test_there_is_no_link_to_a_task_that_cant_be_settled_here(
    setting: Setting, service: LinkService
) -> None:
    setting.history.main.enter("Task", "Ask")
    event_id = setting.schedule({"MessageBody": "no token in here"})
    with pytest.raises(TokenUnavailable):
        await service.make(ID, event_id)


async def test_without_keys_there_are_no_links_and_nothing_is_read(setting: Setting) -> None:
    event_id = setting.wait()
    with pytest.raises(LinksUnavailable):
        await service_of(setting, Keyring()).make(ID, event_id)
    assert setting.read_count == 0


async def test_links_end_by_the_service_s_clock(setting: Setting, service: LinkService) -> None:
    signed, _ = await service.make(ID, setting.wait(), expires_in_s=90)
    await setting.clock.advance(90)
    with pytest.raises(LinkExpired):
        service.read(signed)
    with pytest.raises(LinkInvalid):
        service.read(signed + "A")


async def test_looking_shows_the_task_and_settles_nothing(
    setting: Setting, service: LinkService
) -> None:
    states = {name: {**DEFINITION["States"][name], "Comment": f"{name} them."} for name in ("Ask",)}  # type: ignore[index]
    setting.machines.definitions["orders"] = json.dumps({**DEFINITION, "States": states})
    _, link = await service.make(ID, setting.wait())
    asked = await service.look(link)
    assert (asked.state, asked.comment) == ("Ask", "Ask them.")
    assert asked.execution_status is ExecutionStatus.RUNNING
    assert asked.question.schema == {"type": "object"}
    assert asked.task is not None
    assert asked.settlement is None
    assert setting.aws.sent == []


async def test_a_comment_that_cant_be_read_is_done_without(
    setting: Setting, service: LinkService
) -> None:
    _, link = await service.make(ID, setting.wait())
    setting.machines.fail("describe", Throttled("Later."))
    assert (await service.look(link)).comment is None


@pytest.mark.parametrize("answer", [yes(), no()])
async def test_the_holder_settles_the_task_and_sees_that_it_is(
    setting: Setting, service: LinkService, answer: object
) -> None:
    wanted = yes() if answer == yes() else no()
    _, link = await service.make(ID, setting.wait())
    first = await setting.in_time(service.settle(link, wanted))
    again = await setting.in_time(service.settle(link, wanted))
    assert (first.replayed, again.replayed) == (False, True)
    asked = await setting.in_time(service.look(link))
    assert asked.task is None
    assert asked.settlement is not None
    assert asked.settlement.outcome is wanted.outcome


async def test_another_answer_afterwards_is_a_conflict(
    setting: Setting, service: LinkService
) -> None:
    _, link = await service.make(ID, setting.wait())
    await setting.in_time(service.settle(link, yes()))
    with pytest.raises(TaskAlreadySettled):
        await setting.in_time(service.settle(link, no()))


async def test_what_a_link_doesnt_offer_it_doesnt_do(
    setting: Setting, service: LinkService
) -> None:
    _, link = await service.make(ID, setting.wait(), actions=[Outcome.SUCCESS])
    with pytest.raises(LinkForbids):
        await service.settle(link, no())
    assert setting.aws.sent == []


def test_offered_links_are_the_same_whenever_they_are_drawn() -> None:
    link_to = linker(KEYS, ttl_s=WEEK_S, url_of=lambda signed: f"/{signed}")
    url = link_to(ExecutionId.parse(ID), TASK)
    assert url == link_to(ExecutionId.parse(ID), TASK)
    assert url is not None
    assert KEYS.read(url[1:], BEGIN).expires_at == BEGIN + timedelta(seconds=WEEK_S)


def test_an_offered_link_ends_with_its_task() -> None:
    timeout_at = BEGIN + timedelta(hours=1)
    link_to = linker(KEYS, ttl_s=WEEK_S, url_of=str)
    signed = link_to(ExecutionId.parse(ID), replace(TASK, timeout_at=timeout_at))
    assert signed is not None
    assert KEYS.read(signed, BEGIN).expires_at == timeout_at


def test_no_link_is_offered_to_an_activity_s_task() -> None:
    """Its token is its worker's alone."""
    link_to = linker(KEYS, ttl_s=WEEK_S, url_of=str)
    assert link_to(ExecutionId.parse(ID), replace(TASK, resource="activity:sign")) is None


QUESTION = Callback.model_validate(
    {
        "title": "Is it so?",
        "show": ["$.MessageBody.token", "$.MessageBody.amount"],
        "approve": {"output": {"approved": True}},
        "reject": {"label": "Send it back", "output": {"approved": False}},
    }
)


@pytest.fixture
async def questioned() -> AsyncIterator[Setting]:
    setting = Setting(KnownMachine(callbacks={"Ask": QUESTION}))
    yield setting
    await setting.close()


async def test_what_the_author_says_of_the_question_is_shown_without_the_token(
    questioned: Setting,
) -> None:
    service = service_of(questioned, KEYS)
    questioned.history.main.enter("Task", "Ask")
    event_id = questioned.schedule({"MessageBody": {"token": TOKEN, "amount": 7}})
    _, link = await service.make(ID, event_id)
    asked = await service.look(link)
    assert asked.title == "Is it so?"
    assert [choice.label for choice in asked.offered(link)] == ["Approve", "Send it back"]
    token, amount = asked.facts
    assert TOKEN not in token.text
    assert amount.text == "7"


async def test_parameters_that_were_cut_off_are_not_shown_as_whole(questioned: Setting) -> None:
    service = service_of(questioned, KEYS)
    questioned.history.main.enter("Task", "Ask")
    event_id = questioned.schedule(
        {"MessageBody": {"amount": 7}}, parametersDetails={"truncated": True}
    )
    (_, amount) = (await service.look(Link(ExecutionId.parse(ID), event_id, BOTH, BEGIN))).facts
    assert (amount.value, amount.text) == (None, UNKNOWN)


@pytest.mark.parametrize(
    ("output", "label"),
    [
        ('{"approved": true}', "Approve"),
        ('{"approved":false}', "Send it back"),
        ('{"approved": null}', None),
    ],
)
async def test_the_history_tells_which_button_it_was(
    questioned: Setting, output: str, label: str | None
) -> None:
    service = service_of(questioned, KEYS)
    _, link = await service.make(ID, questioned.wait())
    await questioned.in_time(service.settle(link, yes(output)))
    asked = await questioned.in_time(service.look(link))
    assert (asked.given.choice.label if asked.given.choice else None) == label
    assert asked.facts == ()


async def test_where_a_link_leads_isn_t_missing_because_reads_lag(
    setting: Setting, service: LinkService
) -> None:
    """There is no link without a task: it was seen when the link was made, elsewhere."""
    setting.wait()
    link = Link(ExecutionId.parse(ID), 99, BOTH, setting.clock.now() + timedelta(seconds=60))
    with pytest.raises(NotShownYet):
        await setting.in_time(service.look(link))
    with pytest.raises(NotShownYet):
        await setting.in_time(service.settle(link, yes()))
    assert setting.aws.sent == []


SIGNED = Callback.model_validate(
    {
        "title": "Take {amount}?",
        "approve": {"output": {"approved": True}},
        "reject": {"error": "Refused"},
        "answered_by": "by",
    }
)
OUTPUT = {
    "type": "object",
    "properties": {"approved": {"type": "boolean"}, "comment": {"type": "string"}},
    "required": ["approved"],
}


@pytest.fixture
async def signing() -> AsyncIterator[Setting]:
    setting = Setting(KnownMachine(callbacks={"Ask": SIGNED}, output_schemas={"Ask": OUTPUT}))
    yield setting
    await setting.close()


async def test_the_output_says_whom_the_link_is_for_where_the_author_asks(signing: Setting) -> None:
    service = service_of(signing, KEYS)
    signed, link = await service.make(ID, signing.wait(), meant_for="ada@example.com")
    assert service.read(signed) == link
    settled = await signing.in_time(service.settle(link, yes('{"approved": true}')))
    assert not settled.replayed
    assert json.loads(signing.aws.sent[0]["output"]) == {"approved": True, "by": "ada@example.com"}
    asked = await signing.in_time(service.look(link))
    assert (asked.by, asked.title) == ("ada@example.com", "Take (there is no amount)?")
    assert asked.given.choice is not None


async def test_by_a_link_that_names_nobody_nobody_is_named(signing: Setting) -> None:
    service = service_of(signing, KEYS)
    _, link = await service.make(ID, signing.wait())
    with pytest.raises(InvalidOutput):
        await service.settle(link, yes('{"approved": true, "by": "the boss"}'))
    await signing.in_time(service.settle(link, yes('{"approved": true}')))
    assert json.loads(signing.aws.sent[0]["output"]) == {"approved": True, "by": None}


async def test_what_was_typed_is_told_as_soon_as_aws_took_it_and_from_the_history_later(
    signing: Setting,
) -> None:
    service = service_of(signing, KEYS)
    _, link = await service.make(ID, signing.wait(), meant_for="ada")
    await signing.in_time(service.settle(link, yes('{"approved": true, "comment": "Fine."}')))
    other = signing.another_process()
    elsewhere = replace(service, hub=signing.hubs[-1], tasks=other)
    for looking in (service, elsewhere):
        asked = await signing.in_time(looking.look(link))
        assert dict(asked.given.typed) == {"Comment": "Fine."}
        assert asked.given.choice is not None
        assert (asked.given.choice.name, asked.by) == ("approve", "ada")


async def test_the_same_button_pressed_by_another_is_another_answer(signing: Setting) -> None:
    service = service_of(signing, KEYS)
    event_id = signing.wait()
    _, hers = await service.make(ID, event_id, meant_for="ada")
    _, his = await service.make(ID, event_id, meant_for="alan")
    await signing.in_time(service.settle(hers, yes('{"approved": true}')))
    again = await signing.in_time(service.settle(hers, yes('{"approved": true}')))
    assert again.replayed
    with pytest.raises(TaskAlreadySettled):
        await signing.in_time(service.settle(his, yes('{"approved": true}')))
    assert (await signing.in_time(service.look(his))).by == "ada"
