"""A narrowed principal: what was asked for, and nothing that its maker may not."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.access.narrowing import Narrowing, common, narrowed, reader_of
from handrail.core.access.principals import ANYBODY, AccessScope, Grant, Principal
from handrail.core.errors import (
    ExecutionNotFound,
    Forbidden,
    InvalidRequest,
    StateMachineNotFound,
)
from handrail.core.models import ExecutionId

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
ARN = "arn:aws:states:eu-west-1:123456789012"
SHOP = Principal(
    "shop", (Grant(AccessScope.READ), Grant(AccessScope.START, "order-a*")), ("order-*",)
)
ONE = ExecutionId.parse("order-a:one")


def to(**asked: Any) -> Narrowing:
    return Narrowing(**{"scopes": ["read"], "expires_in_s": 60, **asked})


def test_one_execution_is_opened_and_nothing_else() -> None:
    who = narrowed(SHOP, to(executions=["order-a:one"], scopes=["read", "start"]), NOW)
    assert who.name == "shop"
    assert (who.machines, who.executions) == ((), ("order-a:one",))
    assert who.expires_at == NOW + timedelta(seconds=60)
    assert who.may_with(AccessScope.READ, ONE)
    for other in ("order-a:two", "order-a/label:one", "order-a:one:run", "order-b:one"):
        assert not who.sees_execution(ExecutionId.parse(other))
    assert not who.sees("order-a")
    assert not who.may_with(AccessScope.START, ONE), "what is started is another execution"
    assert not any(map(who.may_everywhere, AccessScope))


@pytest.mark.parametrize("kind", ["execution", "express"])
def test_an_execution_may_be_named_by_its_arn(kind: str) -> None:
    id = "order-a:one" if kind == "execution" else "order-a:one:run"
    who = narrowed(SHOP, to(executions=[f"{ARN}:{kind}:{id}"]), NOW)
    assert who.executions == (id,)


def test_a_map_runs_child_is_named_by_itself() -> None:
    child = ExecutionId.parse("order-a/parcels:x")
    assert narrowed(SHOP, to(executions=[str(child)]), NOW).may_with(AccessScope.READ, child)
    assert narrowed(SHOP, to(machines=["order-a"]), NOW).may_with(AccessScope.READ, child)


def test_machines_open_their_executions_and_executions_stand_beside_them() -> None:
    asked = to(machines=["order-a*"], executions=["order-b:one"])
    who = narrowed(SHOP, asked, NOW)
    assert who.may_with(AccessScope.READ, ExecutionId.parse("order-a1:any"))
    assert who.may_with(AccessScope.READ, ExecutionId.parse("order-b:one"))
    assert not who.sees_execution(ExecutionId.parse("order-b:two"))
    assert not who.sees("price")


@pytest.mark.parametrize(
    ("reference", "name"),
    [("order-a", "order-a"), ("order-*", "order-*"), (f"{ARN}:stateMachine:order-a", "order-a")],
)
def test_a_state_machine_is_named_by_name_or_arn(reference: str, name: str) -> None:
    assert narrowed(SHOP, to(machines=[reference]), NOW).machines == (name,)


@pytest.mark.parametrize(
    "reference",
    ["order-a:live", "order-a:3", f"{ARN}:stateMachine:order-a:live", "order/x", "arn:aws", ":"],
)
def test_a_version_or_an_alias_would_open_the_others_too(reference: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        narrowed(SHOP, to(machines=["order-b", reference]), NOW)
    assert caught.value.errors[0].path == "machines.1"


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:lambda:eu-west-1:123456789012:function:order-a",
        f"{ARN}:activity:order-a",
        f"{ARN}:execution:order-a:one",
        "arn:aws:sqs:eu-west-1:123456789012:queue:order-a",
    ],
)
def test_an_arn_of_something_else_opens_no_state_machine_of_its_name(arn: str) -> None:
    with pytest.raises(InvalidRequest, match="names no state machine"):
        narrowed(SHOP, to(machines=[arn]), NOW)


@pytest.mark.parametrize("named", [{"executions": []}, {"machines": []}, {"executions": ()}])
def test_what_names_nothing_is_refused(named: dict[str, Sequence[str]]) -> None:
    with pytest.raises(InvalidRequest):
        narrowed(SHOP, to(**named), NOW)


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ({"executions": ["order-a:one", "nonsense"]}, "executions.1"),
        ({"executions": [f"{ARN}:stateMachine:order-a"]}, "executions.0"),
        ({"executions": ["order-a:one"], "scopes": ["read", "admin"]}, "scopes.1"),
        ({"executions": ["order-a:one"], "scopes": []}, "scopes"),
    ],
)
def test_what_cant_be_read_is_named(asked: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        narrowed(SHOP, to(**asked), NOW)
    assert [error.path for error in caught.value.errors] == [path]


def test_what_the_maker_doesnt_see_isnt_there() -> None:
    with pytest.raises(ExecutionNotFound):
        narrowed(SHOP, to(executions=["order-a:one", "price:one"]), NOW)
    with pytest.raises(StateMachineNotFound):
        narrowed(SHOP, to(machines=["price"]), NOW)


def test_a_part_that_the_maker_has_not_is_left_out() -> None:
    asked = to(machines=["*", "price"], scopes=["read", "start", "operate"])
    who = narrowed(SHOP, asked, NOW)
    assert who.machines == ("order-*",)
    assert set(who.grants) == {Grant(AccessScope.READ), Grant(AccessScope.START, "order-a*")}


def test_a_maker_without_the_scope_makes_nothing() -> None:
    with pytest.raises(Forbidden) as caught:
        narrowed(SHOP, to(machines=["order-a"], scopes=["operate"]), NOW)
    assert caught.value.facts == {"scope": "operate"}


def test_a_scope_may_be_for_some_state_machines() -> None:
    who = narrowed(SHOP, to(machines=["order-*"], scopes=["read:order-b", "read:price"]), NOW)
    assert who.may(AccessScope.READ, "order-b")
    assert not who.may(AccessScope.READ, "order-a")
    assert not who.may(AccessScope.READ, "price")


def test_it_ends_with_its_makers_credential() -> None:
    soon = NOW + timedelta(seconds=30)
    brief = replace(SHOP, expires_at=soon)
    assert narrowed(brief, to(executions=["order-a:one"]), NOW).expires_at == soon
    assert reader_of(brief, ONE, NOW).expires_at == soon


def test_who_is_narrowed_may_only_narrow() -> None:
    first = narrowed(SHOP, to(executions=["order-a:one", "order-b:one"]), NOW)
    second = narrowed(first, to(executions=["order-b:one"], expires_in_s=999), NOW)
    assert second.executions == ("order-b:one",)
    assert second.expires_at == first.expires_at
    assert narrowed(first, to(machines=["order-a*"]), NOW).executions == ("order-a:one",)
    for asked in ({"executions": ["order-a:two"]}, {"executions": ["order-a/x:one"]}):
        with pytest.raises(ExecutionNotFound):
            narrowed(first, to(**asked), NOW)
    with pytest.raises(StateMachineNotFound):
        narrowed(first, to(machines=["price"]), NOW)


def test_what_isnt_said_is_left_as_it_is() -> None:
    assert narrowed(SHOP, Narrowing(), NOW) == SHOP
    assert narrowed(ANYBODY, Narrowing(scopes=["read"]), NOW).machines == ("*",)


def test_a_reader_of_one_execution_reads_it_whatever_its_maker_may() -> None:
    starter = Principal("starter", (Grant(AccessScope.START),), ("order-*",))
    who = reader_of(starter, ONE, NOW)
    assert [scope for scope in AccessScope if who.may_with(scope, ONE)] == [AccessScope.READ]
    assert not who.sees("order-a")
    assert who.expires_at == NOW + timedelta(days=1)
    many = narrowed(ANYBODY, to(executions=["a:1", "a:2"]), NOW)
    assert reader_of(many, ONE, NOW).executions == (str(ONE),)


patterns = st.text("ab*?[]", min_size=1, max_size=4)
names = st.text("ab", min_size=1, max_size=4)
grants = st.lists(st.builds(Grant, st.sampled_from(AccessScope), patterns | st.just("*")))
ids = st.builds(ExecutionId, names, names, st.none() | names, st.none() | names)
makers = st.builds(
    Principal,
    st.just("maker"),
    grants.map(tuple),
    st.lists(patterns | st.just("*"), max_size=3).map(tuple),
    st.just(None),
    st.lists(ids.map(str), max_size=3).map(tuple),
)
askings = st.builds(
    Narrowing,
    executions=st.lists(ids.map(str), max_size=2),
    machines=st.lists(patterns | st.just("*"), max_size=2),
    scopes=st.none() | grants.map(lambda found: [str(grant) for grant in found]),
)


@given(makers, askings, st.sampled_from(AccessScope), ids)
def test_nothing_is_opened_that_the_maker_may_not_or_that_isnt_named(
    maker: Principal, asked: Narrowing, scope: AccessScope, id: ExecutionId
) -> None:
    try:
        who = narrowed(maker, asked, NOW)
    except (InvalidRequest, ExecutionNotFound, StateMachineNotFound, Forbidden):
        return
    named = any(fnmatchcase(id.machine, pattern) for pattern in asked.machines or ())
    if who.may(scope, id.machine):
        assert maker.may(scope, id.machine)
        assert named
    if who.may_with(scope, id):
        assert maker.may_with(scope, id)
        assert named or str(id) in (asked.executions or ())
    if who.may_everywhere(scope):
        assert maker.may_everywhere(scope)


@given(st.lists(patterns, max_size=3), st.lists(patterns, max_size=3), names)
def test_common_patterns_match_what_both_do(first: list[str], second: list[str], name: str) -> None:
    if any(fnmatchcase(name, pattern) for pattern in common(first, second)):
        assert any(fnmatchcase(name, pattern) for pattern in first)
        assert any(fnmatchcase(name, pattern) for pattern in second)


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ("order-a", "order-*", ("order-a",)),
        ("order-*", "order-a?", ("order-a?",)),
        ("*", "[ab]x", ("[ab]x",)),
        ("order-*-eu", "order-*", ("order-*-eu",)),
        ("order-*", "*-eu", ()),
        ("order-*", "order-?", ("order-?",)),
        ("[ab]", "*b*", ()),
        ("price", "order-*", ()),
    ],
)
def test_of_two_patterns_the_narrower_is_common(
    first: str, second: str, found: tuple[str, ...]
) -> None:
    assert common([first], [second]) == found
