"""What a principal may do, and what it can't even see."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.access.principals import (
    ANYBODY,
    AccessScope,
    Grant,
    Principal,
    check_everywhere,
    check_execution,
    check_machine,
    check_somewhere,
    grants_in,
)
from handrail.core.errors import ExecutionNotFound, Forbidden, ServiceError, StateMachineNotFound
from handrail.core.models import ExecutionId

ORDERS = Principal(
    "orders", (Grant(AccessScope.READ), Grant(AccessScope.START, "order-a*")), ("order-*",)
)


def decided(who: Principal, scope: AccessScope, machine: str) -> str:
    try:
        check_machine(who, scope, machine)
    except StateMachineNotFound:
        return "unseen"
    except Forbidden:
        return "forbidden"
    return "allowed"


@pytest.mark.parametrize(
    ("scope", "machine", "decision"),
    [
        (AccessScope.READ, "order-x", "allowed"),
        (AccessScope.START, "order-a1", "allowed"),
        (AccessScope.START, "order-x", "forbidden"),
        (AccessScope.OPERATE, "order-a1", "forbidden"),
        (AccessScope.READ, "price", "unseen"),
        (AccessScope.READ, "my-order-x", "unseen"),
        (AccessScope.READ, "ORDER-x", "unseen"),
        (AccessScope.READ, "", "unseen"),
    ],
)
def test_a_deed_needs_its_scope_and_its_machine(
    scope: AccessScope, machine: str, decision: str
) -> None:
    assert decided(ORDERS, scope, machine) == decision


def test_what_may_be_started_but_not_read_is_seen() -> None:
    starter = Principal("starter", (Grant(AccessScope.START),))
    assert decided(starter, AccessScope.READ, "order") == "forbidden"


def test_without_grants_nothing_is_seen() -> None:
    assert decided(Principal("nobody", ()), AccessScope.READ, "order") == "unseen"
    nowhere = Principal("nowhere", (Grant(AccessScope.READ),), ())
    assert decided(nowhere, AccessScope.READ, "order") == "unseen"


ONE = ExecutionId.parse("order-a:one")
OF_ONE = Principal("one", tuple(map(Grant, AccessScope)), (), None, (str(ONE), "order-b:run:x"))


@pytest.mark.parametrize(
    ("execution", "seen"),
    [
        ("order-a:one", True),
        ("arn:aws:states:eu-west-1:123456789012:execution:order-a:one", True),
        ("order-b:run:x", True),
        ("arn:aws:states:eu-west-1:123456789012:express:order-b:run:x", True),
        ("order-a:One", False),
        ("order-a:one:x", False),
        ("order-a/one:one", False),
        ("order-b:run", False),
        ("order-a:*", False),
    ],
)
def test_an_execution_is_known_by_its_whole_id(execution: str, *, seen: bool) -> None:
    for scope in (AccessScope.READ, AccessScope.OPERATE, AccessScope.COMPLETE):
        if seen:
            check_execution(OF_ONE, scope, execution)
        else:
            with pytest.raises(ExecutionNotFound):
                check_execution(OF_ONE, scope, execution)


def test_an_execution_that_is_named_opens_neither_its_machine_nor_a_start() -> None:
    for scope in AccessScope:
        with pytest.raises(StateMachineNotFound):
            check_machine(OF_ONE, scope, "order-a")
        assert not OF_ONE.may_everywhere(scope)
        assert OF_ONE.may_somewhere(scope) is (scope is not AccessScope.START)
    with pytest.raises(Forbidden):
        check_execution(OF_ONE, AccessScope.START, str(ONE))


def test_a_name_in_the_list_is_no_pattern() -> None:
    starred = Principal("p", (Grant(AccessScope.READ),), (), None, ("order-*:one", "*"))
    assert not starred.sees_execution(ONE)


def test_an_execution_needs_a_scope_that_covers_its_machine() -> None:
    price = Principal("p", (Grant(AccessScope.READ, "price"),), (), None, (str(ONE), "price:1"))
    assert not price.sees_execution(ONE)
    assert price.may_with(AccessScope.READ, ExecutionId.parse("price:1"))
    with pytest.raises(Forbidden):
        check_execution(price, AccessScope.OPERATE, "price:1")


def test_a_scope_may_carry_a_pattern() -> None:
    assert Grant.parse("start:order-*") == Grant(AccessScope.START, "order-*")
    assert Grant.parse("read") == Grant(AccessScope.READ)


@pytest.mark.parametrize("text", ["", "admin", "READ", "read:", " read", "*", "read-only"])
def test_what_is_no_scope_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="A scope is"):
        Grant.parse(text)


def test_other_services_scopes_are_passed_over() -> None:
    assert grants_in(["openid", "read", "read", "start:a-*"]) == (
        Grant(AccessScope.READ),
        Grant(AccessScope.START, "a-*"),
    )


@pytest.mark.parametrize(
    "execution",
    [
        "price:one",
        "price/label:one",
        "price:one:run",
        "arn:aws:states:eu-west-1:123456789012:execution:price:one",
        "arn:aws:states:eu-west-1:123456789012:express:price:one:run",
    ],
)
def test_an_unseen_execution_is_not_found(execution: str) -> None:
    with pytest.raises(ExecutionNotFound) as caught:
        check_execution(ORDERS, AccessScope.READ, execution)
    assert caught.value.detail == "There is no such execution."


def test_a_label_doesnt_make_a_machine_seen() -> None:
    with pytest.raises(ExecutionNotFound):
        check_execution(ORDERS, AccessScope.READ, "price/order-x:one")
    with pytest.raises(ExecutionNotFound):
        check_execution(ORDERS, AccessScope.READ, "price:order-x")


def test_an_unseen_machine_is_not_found_and_a_seen_one_forbidden() -> None:
    check_machine(ORDERS, AccessScope.START, "order-a")
    with pytest.raises(StateMachineNotFound):
        check_machine(ORDERS, AccessScope.START, "price")
    with pytest.raises(Forbidden) as caught:
        check_machine(ORDERS, AccessScope.START, "order-x")
    assert caught.value.facts == {"scope": "start"}


def refusal(
    check: Callable[[Principal, AccessScope], None], who: Principal, scope: AccessScope
) -> str | None:
    try:
        check(who, scope)
    except ServiceError as error:
        return error.code
    return None


@pytest.mark.parametrize(
    ("who", "somewhere", "everywhere"),
    [
        (ANYBODY, None, None),
        (ORDERS, None, "forbidden"),
        (Principal("some", (Grant(AccessScope.READ, "a-*"),)), None, "forbidden"),
        (Principal("other", (Grant(AccessScope.START),)), "forbidden", "forbidden"),
        (Principal("nowhere", (Grant(AccessScope.READ),), ()), "forbidden", "forbidden"),
    ],
)
def test_a_limited_scope_is_one_somewhere_but_not_everywhere(
    who: Principal, somewhere: str | None, everywhere: str | None
) -> None:
    assert refusal(check_somewhere, who, AccessScope.READ) == somewhere
    assert refusal(check_everywhere, who, AccessScope.READ) == everywhere


@given(
    st.lists(st.sampled_from(AccessScope), max_size=4),
    st.lists(st.text("ab*", max_size=3), max_size=3),
    st.sampled_from(AccessScope),
    st.text("ab", min_size=1, max_size=3),
)
def test_nothing_is_allowed_that_isnt_seen_or_that_everybody_may_not(
    scopes: list[AccessScope], machines: list[str], scope: AccessScope, machine: str
) -> None:
    who = Principal("p", tuple(map(Grant, scopes)), tuple(machines))
    if who.may(scope, machine):
        assert who.sees(machine)
        assert who.may_somewhere(scope)
    if who.may_everywhere(scope):
        assert who.may(scope, machine)
