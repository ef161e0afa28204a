"""What an execution costs, as far as its definition tells."""

import json

from pydantic_core import to_jsonable_python

from handrail.core.definition.cost import MapCost, TransitionCount, estimate
from handrail.core.models import Json, MachineType
from tests.core.definitions import machine, task


def passes(*names: str) -> dict[str, Json]:
    """A scope of Pass states in a row."""
    following = [*names[1:], None]
    states = {
        name: {"Type": "Pass", **({"Next": after} if after else {"End": True})}
        for name, after in zip(names, following, strict=True)
    }
    return {"StartAt": names[0], "States": states}


def choice(*targets: str) -> dict[str, Json]:
    rules = [{"Variable": "$.x", "IsPresent": True, "Next": target} for target in targets]
    return {"Type": "Choice", "Choices": rules}


def test_every_state_of_a_row_is_a_transition() -> None:
    cost = estimate(machine(passes("A", "B", "C")["States"]), MachineType.STANDARD)

    assert cost.transitions == TransitionCount(3, 3)
    assert cost.usd_per_1000_executions == {"least": 0.075, "most": 0.075}


def test_the_cost_is_said_in_words() -> None:
    body = {"StartAt": "I", "States": passes("I")["States"]}
    each: dict[str, Json] = {"Type": "Map", "ItemProcessor": body, "End": True}
    pick = {"Pick": choice("A", "M"), **passes("A", "B")["States"], "M": each}

    definition = machine(pick)

    assert estimate(definition, MachineType.STANDARD).words == (
        "2 to 3 transitions, $0.05 to $0.075 per 1,000 executions,"
        " and 1 transition for each item of M"
    )
    assert estimate(definition, MachineType.EXPRESS).words == (
        "1 request, $0.001 per 1,000 executions,"
        " and $0.00104 for each second they take with 64 MB of memory"
    )


def test_a_second_of_an_express_execution_costs_what_its_words_say() -> None:
    estimated = estimate(machine(passes("A")["States"]), MachineType.EXPRESS)
    assert estimated.duration_pricing is not None
    first: Json = estimated.duration_pricing["tiers_usd_per_gb_hour"][0]
    usd = 1000 * 1.0 * 64 / 1024 / 3600 * first["usd"]
    assert f"${usd:.3g} for each second" in estimated.words


def test_choices_span_the_shortest_and_the_longest_path() -> None:
    definition = machine({"Pick": choice("A", "C"), **passes("A", "B", "C")["States"]})

    assert estimate(definition, MachineType.STANDARD).transitions == TransitionCount(2, 4)


def test_a_polling_loop_is_not_taken_for_a_way_out() -> None:
    definition = machine(
        {
            "Check": choice("Wait", "A"),
            "Wait": {"Type": "Wait", "Seconds": 1, "Next": "Check"},
            **passes("A", "B", "C")["States"],
        }
    )

    assert estimate(definition, MachineType.STANDARD).transitions == TransitionCount(4, 4)


def test_a_catch_counts_in_the_most_only() -> None:
    definition = machine(
        {
            "Work": task(Next="Z", Catch=[{"ErrorEquals": ["States.ALL"], "Next": "A"}]),
            **passes("A", "B", "Z")["States"],
        }
    )

    assert estimate(definition, MachineType.STANDARD).transitions == TransitionCount(2, 4)


def test_a_parallel_is_the_sum_of_its_branches() -> None:
    fan = {"Type": "Parallel", "Branches": [passes("A", "B"), passes("C")], "End": True}

    assert estimate(machine({"Fan": fan}), MachineType.STANDARD).transitions == TransitionCount(
        4, 4
    )


def test_a_name_that_repeats_in_its_own_branch_is_no_crash() -> None:
    inner = {"Type": "Parallel", "Branches": [passes("B")], "End": True}
    branch = {"StartAt": "A", "States": {"A": inner}}
    outer = {"Type": "Parallel", "Branches": [branch], "End": True}

    cost = estimate(machine({"A": outer}), MachineType.STANDARD)

    assert cost.transitions is not None
    assert cost.transitions.least > 0


def test_a_map_is_noted_for_each_item() -> None:
    inline = {"Type": "Map", "ItemProcessor": passes("A", "B"), "Next": "Far"}
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}
    far = {"Type": "Map", "ItemProcessor": {**passes("C"), "ProcessorConfig": config}, "End": True}

    cost = estimate(machine({"Near": inline, "Far": far}), MachineType.STANDARD)

    assert cost.transitions == TransitionCount(2, 2)
    assert cost.maps == [
        MapCost("Near", "INLINE", MachineType.STANDARD, TransitionCount(2, 2)),
        MapCost("Far", "DISTRIBUTED", MachineType.EXPRESS, TransitionCount(1, 1)),
    ]


def test_what_never_ends_is_counted_once_through() -> None:
    definition = machine({"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}})

    assert estimate(definition, MachineType.STANDARD).transitions == TransitionCount(2, 2)


def test_express_is_a_price_for_requests_and_a_formula() -> None:
    cost = estimate(machine(passes("A")["States"]), MachineType.EXPRESS)
    document = to_jsonable_python(cost)

    assert cost.transitions is None
    assert cost.usd_per_1000_executions == {"least": 0.001, "most": 0.001}
    assert document["duration_pricing"]["tiers_usd_per_gb_hour"][0] == {
        "gb_hours": 1000.0,
        "usd": 0.06,
    }
    assert json.loads(json.dumps(document, allow_nan=False)) == document
