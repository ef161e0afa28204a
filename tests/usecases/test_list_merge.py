"""Merging lists, page by page: everything once, newest first, whatever comes between two pages."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from handrail.core.list_position import MachinePosition
from handrail.core.models import Execution, ExecutionId, ExecutionStatus
from handrail.usecases.list_merge import ListPart, newest_first
from handrail.usecases.live.list_pages import ListedPage, PageKey
from tests.fakes import ACCOUNT, BEGIN, machine_arn

SIZE = 4
AGES = st.lists(st.integers(0, 60), max_size=13).map(sorted)


def executions(machine: str, ages: list[int]) -> list[Execution]:
    ids = [ExecutionId(machine, f"n{i}") for i in range(len(ages))]
    return [
        Execution(
            id, ACCOUNT.execution_arn(id), ExecutionStatus.RUNNING, BEGIN - timedelta(seconds=age)
        )
        for id, age in zip(ids, ages, strict=True)
    ]


def page_of(listed: list[Execution], key: PageKey) -> ListedPage:
    """As AWS gives it; a token says which execution the next page begins with."""
    names = [each.id.name for each in listed]
    start = names.index(key.token) if key.token else 0
    token = names[start + SIZE] if start + SIZE < len(names) else None
    return ListedPage(tuple(listed[start : start + SIZE]), token, BEGIN, 0.0)


def shown(
    lists: dict[str, list[Execution]], positions: dict[str, MachinePosition], most: int
) -> tuple[list[Execution], dict[str, MachinePosition]]:
    """One answer, and where each goes on."""
    parts = []
    for name, at in positions.items():
        key = PageKey(machine_arn(name), token=at.token)
        parts.append(ListPart(key, at, page_of(lists[name], key)))
    found: list[Execution] = []
    while len(found) < most:
        found += newest_first(parts, most - len(found))
        short = [(part, further) for part in parts if (further := part.further) is not None]
        if not short:
            break
        for part, further in short:
            part.go_on(further, page_of(lists[part.key.machine], further))
    rest = {part.key.machine: part.rest for part in parts}
    return found, {name: at for name, at in rest.items() if at is not None}


@given(AGES, AGES, AGES, st.integers(1, 9))
def test_pages_hold_everything_once_and_newest_first(
    one: list[int], two: list[int], three: list[int], limit: int
) -> None:
    lists = {n: executions(n, ages) for n, ages in (("a", one), ("b", two), ("c", three))}
    positions, all_shown = {name: MachinePosition() for name in lists}, list[Execution]()
    while positions:
        found, positions = shown(lists, positions, limit)
        assert len(found) == limit or not positions
        all_shown += found
    assert sorted(each.arn for each in all_shown) == sorted(
        each.arn for listed in lists.values() for each in listed
    )
    starts = [each.started_at for each in all_shown]
    assert starts == sorted(starts, reverse=True)


@given(AGES, st.integers(1, 9), st.integers(1, 6))
def test_what_starts_between_two_pages_moves_nothing(
    ages: list[int], limit: int, started: int
) -> None:
    before = executions("a", ages)
    first, positions = shown({"a": before}, {"a": MachinePosition()}, limit)
    new = [
        replace(
            each,
            id=ExecutionId("a", f"new{i}"),
            arn=f"new{i}",
            started_at=BEGIN + timedelta(seconds=9 - i),
        )
        for i, each in enumerate(executions("a", [0] * started))
    ]
    rest = list[Execution]()
    while positions:
        found, positions = shown({"a": [*new, *before]}, positions, limit)
        rest += found
    assert [each.arn for each in [*first, *rest]] == [each.arn for each in before]


def test_where_the_last_one_shown_has_left_the_list_it_goes_on_behind_its_place() -> None:
    before = executions("a", [1, 2, 3, 4, 5, 6])
    _, positions = shown({"a": before}, {"a": MachinePosition()}, 3)
    left = [*before[:2], *before[3:]]
    assert shown({"a": left}, positions, 9) == (before[3:], {})
    _, at_the_end = shown({"a": before}, {"a": MachinePosition()}, 4)
    assert shown({"a": [*before[:3], *before[4:]]}, at_the_end, 9) == (before[4:], {})
