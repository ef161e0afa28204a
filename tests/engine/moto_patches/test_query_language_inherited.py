"""Which language a state is in."""

import asyncio
import json

import pytest
from botocore.exceptions import ClientError

from tests.engine.engine_fixture import Calls, Definition, one_state
from tests.engine.jsonata_machines import jsonata

pytestmark = pytest.mark.asyncio(loop_scope="session")


def in_a_map(**state: object) -> Definition:
    processor = {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True, **state}}}
    return one_state(Type="Map", QueryLanguage="JSONata", Items=[1], ItemProcessor=processor)


async def test_a_state_in_a_map_has_the_machine_s_language(calls: Calls) -> None:
    ended = await calls.run(in_a_map(Parameters={"v.$": "$"}))
    assert json.loads(ended["output"]) == [{"v": 1}]


async def test_a_state_in_a_map_may_name_its_own(calls: Calls) -> None:
    ended = await calls.run(in_a_map(QueryLanguage="JSONata", Output="{% $states.input + 1 %}"))
    assert json.loads(ended["output"]) == [2]


async def test_starts_in_both_languages_by_turns_are_all_right(calls: Calls) -> None:
    """Refused definitions between them leave nothing behind."""
    machines = [
        await calls.create(one_state(Type="Pass", Parameters={"v.$": "States.MathAdd($.n, 1)"})),
        await calls.create(jsonata(Type="Pass", Output={"v": "{% $states.input.n + 1 %}"})),
    ]
    at_once = asyncio.Semaphore(16)

    async def one(number: int) -> bool:
        async with at_once:
            if number % 10 == 0:
                with pytest.raises(ClientError):
                    await calls.create(jsonata(Type="Pass", Parameters={"v.$": "$"}))
            started = await calls.start(machines[number % 2], {"n": number})
            ended = await calls.ended(started)
            return bool(json.loads(ended["output"]) == {"v": number + 1})

    assert all(await asyncio.gather(*map(one, range(80))))
