import asyncio
import json
from collections.abc import Callable
from types import ModuleType

import pytest

from tests.engine.engine_fixture import types

from .conftest import Project

FOLDER = "order-fulfilment"
SMALL, LARGE, UNREACHABLE, DECLINED = range(4)

Handlers = Callable[[str], ModuleType]


async def test_an_order_that_lacks_something_is_invalid(handlers_of: Handlers) -> None:
    handlers = handlers_of(FOLDER)
    with pytest.raises(handlers.InvalidOrder, match="no amount, card, parcels"):
        await handlers.validate_order({"order_id": "A-1", "customer": "Ada"}, None)
    whole = {"order_id": "A-1", "customer": "Ada", "amount": "12", "card": "c", "parcels": [{}]}
    with pytest.raises(handlers.InvalidOrder, match="must be a number"):
        await handlers.validate_order(whole, None)


async def test_the_card_decides_what_charging_it_does(handlers_of: Handlers) -> None:
    handlers = handlers_of(FOLDER)
    payment = {"order_id": "A-1", "amount": 3, "attempt": 0}
    charged = await handlers.charge_card(payment | {"card": "tok_visa"}, None)
    assert charged == {"charge_id": "ch-A-1"}
    with pytest.raises(handlers.CardDeclined):
        await handlers.charge_card(payment | {"card": "tok_declined"}, None)
    with pytest.raises(handlers.CardNetworkError, match="attempt 1"):
        await handlers.charge_card(payment | {"card": "tok_unreachable"}, None)


async def test_doing_anything_twice_gives_the_same_ids(handlers_of: Handlers) -> None:
    handlers = handlers_of(FOLDER)
    order = {"order_id": "A-1", "parcels": [{"id": "p"}]}
    assert await handlers.reserve_stock(order, None) == await handlers.reserve_stock(order, None)
    parcel = {"order_id": "A-1", "parcel": {"id": "p"}}
    packed = await handlers.pack_parcel(parcel, None)
    assert await handlers.hand_to_carrier(packed, None) == {"parcel_id": "p", "tracking": "TRK-p"}


@pytest.mark.asyncio(loop_scope="session")
class TestOnTheEngine:
    async def test_a_small_order_is_shipped_without_approval(self, project: Project) -> None:
        arn = await project.start(FOLDER, project.example(FOLDER, SMALL))
        output = json.loads((await project.calls.ended(arn))["output"])
        assert output["status"] == "fulfilled"
        assert [each["parcel_id"] for each in output["shipments"]] == ["A-1001-1", "A-1001-2"]
        entered = await project.entered(arn)
        assert "WaitForApproval" not in entered
        assert entered.count("PackParcel") == entered.count("HandToCarrier") == 2

    async def test_a_large_order_waits_until_it_is_approved(self, project: Project) -> None:
        arn = await project.start(FOLDER, project.example(FOLDER, LARGE))
        token = await project.token(arn)
        assert "ShipParcels" not in await project.entered(arn)
        answer = json.dumps({"approved": True, "by": "Ada"})
        await project.calls.sfn.send_task_success(taskToken=token, output=answer)
        output = json.loads((await project.calls.ended(arn))["output"])
        assert (output["status"], len(output["shipments"])) == ("fulfilled", 3)

    @pytest.mark.parametrize("how", ["answered no", "failed"])
    async def test_an_order_that_is_not_approved_is_undone(
        self, project: Project, how: str
    ) -> None:
        arn = await project.start(FOLDER, project.example(FOLDER, LARGE))
        token = await project.token(arn)
        if how == "failed":
            await project.calls.sfn.send_task_failure(taskToken=token, error="Denied")
        else:
            answer = json.dumps({"approved": False})
            await project.calls.sfn.send_task_success(taskToken=token, output=answer)
        output = json.loads((await project.calls.ended(arn))["output"])
        assert output["status"] == "rejected"
        entered = await project.entered(arn)
        assert entered[-3:] == ["RefundCard", "ReleaseStock", "OrderRejected"]

    async def test_a_card_that_cannot_be_reached_is_tried_three_times(
        self, project: Project
    ) -> None:
        arn = await project.start(FOLDER, project.example(FOLDER, UNREACHABLE))
        output = json.loads((await project.calls.ended(arn))["output"])
        assert output["status"] == "rejected"
        assert output["charge"] == {"status": "not charged", "error": "CardNetworkError"}
        assert output["released"] == "rs-A-1003"
        assert types(await project.calls.history(arn)).count("TaskFailed") == 3

    async def test_a_declined_card_is_not_tried_again(self, project: Project) -> None:
        arn = await project.start(FOLDER, project.example(FOLDER, DECLINED))
        output = json.loads((await project.calls.ended(arn))["output"])
        assert output["charge"]["error"] == "CardDeclined"
        assert types(await project.calls.history(arn)).count("TaskFailed") == 1

    async def test_an_invalid_order_fails_with_the_reason(self, project: Project) -> None:
        arn = await project.start(FOLDER, {"order_id": "A-9"})
        ended = await project.calls.ended(arn)
        assert (ended["status"], ended["error"]) == ("FAILED", "InvalidOrder")
        assert "no customer, amount, card, parcels" in ended["cause"]

    async def test_many_orders_at_once_keep_apart(self, project: Project) -> None:
        order = project.example(FOLDER, SMALL)
        outputs = await asyncio.gather(
            *(project.output(FOLDER, order | {"order_id": f"A-{n}"}) for n in range(10))
        )
        assert [output["charge_id"] for output in outputs] == [f"ch-A-{n}" for n in range(10)]
