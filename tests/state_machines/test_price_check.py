import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from .conftest import Project

FOLDER = "price-check"


def test_a_discount_is_rounded_to_cents(handlers_of: Callable[[str], ModuleType]) -> None:
    handlers = handlers_of(FOLDER)
    price = handlers.look_up_price({"article": "chair"})
    reduced = handlers.apply_discount({"price": price, "discount_percent": 12.5})
    assert (reduced["price"], reduced["full_price"]) == ("104.56", "119.50")


def test_an_unknown_article_has_no_price(handlers_of: Callable[[str], ModuleType]) -> None:
    handlers = handlers_of(FOLDER)
    with pytest.raises(handlers.UnknownArticle, match="unicorn"):
        handlers.look_up_price({"article": "unicorn"})


@pytest.mark.asyncio(loop_scope="session")
class TestOnTheEngine:
    @pytest.mark.parametrize(("example", "price"), [(0, "39.90"), (1, "211.65")])
    async def test_a_price_is_answered_at_once(
        self, project: Project, example: int, price: str
    ) -> None:
        answer = await check(project, example)
        assert answer["status"] == "SUCCEEDED"
        assert json.loads(answer["output"])["price"] == price

    async def test_an_unknown_article_fails(self, project: Project) -> None:
        answer = await check(project, 2)
        assert (answer["status"], answer["error"]) == ("FAILED", "UnknownArticle")


async def check(project: Project, example: int) -> dict[str, Any]:
    answer: dict[str, Any] = await project.calls.sfn.start_sync_execution(
        stateMachineArn=project.arns[FOLDER], input=json.dumps(project.example(FOLDER, example))
    )
    return answer
