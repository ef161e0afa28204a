from concurrent.futures import ThreadPoolExecutor

from handrail.core.stand_ins.answers import Answer, TaskCall
from handrail.engine.stand_ins.stand_in_visits import ExecutionStandIns, StandInVisit

ANSWER = Answer.of(1)


def test_visits_attempts_and_calls_are_counted_each_for_itself() -> None:
    counts = ExecutionStandIns({"A": ANSWER})
    first, second = counts.enter("A"), counts.enter("A")
    assert first is not None
    assert second is not None
    calls = [first.call(), second.call(), first.call()]
    assert calls == [TaskCall(1, 1, 1), TaskCall(2, 1, 2), TaskCall(1, 2, 3)]


def test_nothing_stands_in_for_another_state() -> None:
    assert ExecutionStandIns({"A": ANSWER}).enter("B") is None


def test_threads_get_a_number_each() -> None:
    counts = ExecutionStandIns({"A": ANSWER})

    def number(_: int) -> tuple[int, int]:
        visit = counts.enter("A")
        assert isinstance(visit, StandInVisit)
        return visit.number, visit.call().number

    with ThreadPoolExecutor(8) as threads:
        numbers = list(threads.map(number, range(200)))
    for of_one_kind in zip(*numbers, strict=True):
        assert sorted(of_one_kind) == list(range(1, 201))


def test_a_doubt_is_told_once() -> None:
    counts = ExecutionStandIns()
    assert [counts.doubted("R"), counts.doubted("R"), counts.doubted("S")] == [True, False, True]
