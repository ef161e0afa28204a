"""A replay's name tells what it replays, and no other name does."""

from hypothesis import given
from hypothesis import strategies as st

from handrail.core.limits import MAX_NAME
from handrail.core.models import ExecutionId
from handrail.core.replay_names import LONGEST_REPLAYED, replay_name, replayed_by

NAMES = st.text(st.characters(exclude_characters=":/", codec="utf-8"), min_size=1, max_size=80)


@given(NAMES, st.text())
def test_the_name_of_a_replay_tells_what_it_replays(name: str, seed: str) -> None:
    of = ExecutionId("orders", name)
    made_up = replay_name(of, seed)
    assert (made_up is None) == (len(name) > LONGEST_REPLAYED)
    if made_up is not None:
        assert len(made_up) <= MAX_NAME
        assert made_up.startswith(f"{name}-replay-")
        assert replayed_by(ExecutionId("orders", made_up)) == of
        assert replay_name(of, seed) == made_up
        assert replay_name(of, seed + "2") != made_up


@given(NAMES)
def test_no_other_name_tells_of_one(name: str) -> None:
    assert replayed_by(ExecutionId("orders", name)) is None
    assert replayed_by(ExecutionId("orders", f"{name}-replay-aaaaaaaaabbbbb")) is None


def test_a_name_copied_to_another_machine_or_changed_tells_nothing() -> None:
    made_up = str(replay_name(ExecutionId("orders", "one"), "s"))
    assert replayed_by(ExecutionId("payments", made_up)) is None
    assert replayed_by(ExecutionId("orders", f"t{made_up}")) is None
    assert replayed_by(ExecutionId("orders", made_up, run="run-1")) is None
    assert replayed_by(ExecutionId("orders", made_up, label="Each")) is None


def test_a_replay_s_replay_tells_of_the_replay() -> None:
    first = ExecutionId("orders", "6a0c8a52-92f4-4d0b-9b5f-1f5f4a3c2d10")
    second = ExecutionId("orders", str(replay_name(first, "s")))
    third = ExecutionId("orders", str(replay_name(second, "s")))
    assert replayed_by(third) == second
    assert replay_name(third, "s") is None
