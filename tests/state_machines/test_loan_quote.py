from collections.abc import Callable
from types import ModuleType

import pytest

from .conftest import Project

FOLDER = "loan-quote"


@pytest.mark.parametrize(("income", "score"), [(0, 300), (10_000, 700), (1_000_000, 850)])
async def test_the_score_rises_with_the_income(
    handlers_of: Callable[[str], ModuleType], income: int, score: int
) -> None:
    request = {"income": income, "amount": 10_000}
    assert await handlers_of(FOLDER).check_credit(request, None) == {"score": score}


async def test_a_bank_asks_more_for_a_longer_and_riskier_loan(
    handlers_of: Callable[[str], ModuleType],
) -> None:
    ask_bank = handlers_of(FOLDER).ask_bank
    request = {"bank": "Northern", "score": 800, "months": 12}
    rate = (await ask_bank(request, None))["rate"]
    assert (await ask_bank(request, None))["rate"] == rate
    assert (await ask_bank(request | {"months": 120}, None))["rate"] > rate
    assert (await ask_bank(request | {"score": 500}, None))["rate"] > rate


@pytest.mark.asyncio(loop_scope="session")
class TestOnTheEngine:
    async def test_the_best_of_all_offers_is_kept(self, project: Project) -> None:
        request = project.example(FOLDER, 0) | {"cooling_off_seconds": 0}
        output = await project.output(FOLDER, request)
        assert (output["decision"], output["grade"], output["asked"]) == ("offered", "A", 3)
        assert output["best"]["months"] == 24
        banks = request | {"banks": [output["best"]["bank"]]}
        assert (await project.output(FOLDER, banks))["best"] == output["best"]

    async def test_a_weaker_applicant_gets_the_second_grade(self, project: Project) -> None:
        request = project.example(FOLDER, 1) | {"cooling_off_seconds": 1}
        arn = await project.start(FOLDER, request)
        ended = await project.calls.ended(arn)
        assert '"grade":"B"' in ended["output"]
        assert (ended["stopDate"] - ended["startDate"]).total_seconds() >= 1

    async def test_too_large_a_loan_is_declined_without_asking_a_bank(
        self, project: Project
    ) -> None:
        arn = await project.start(FOLDER, project.example(FOLDER, 2))
        assert '"decision":"declined"' in (await project.calls.ended(arn))["output"]
        assert "AskBank" not in await project.entered(arn)

    async def test_an_applicant_may_have_any_name(self, project: Project) -> None:
        name = 'Ada "Countess" \\ Lovelace\n{% $x %}'
        request = project.example(FOLDER, 2) | {"applicant": name}
        assert (await project.output(FOLDER, request))["applicant"] == name
