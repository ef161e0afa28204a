"""Who somebody is, written down and read back."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.access.principal_documents import principal_document, principal_in
from handrail.core.access.principals import AccessScope, Grant, Principal
from handrail.core.models import ExecutionId

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=9)
principals = st.builds(
    Principal,
    texts,
    st.lists(st.builds(Grant, st.sampled_from(AccessScope), texts), unique=True).map(tuple),
    st.lists(texts).map(tuple),
    st.none() | st.datetimes(timezones=st.just(UTC)),
    st.lists(texts).map(tuple),
)
WHOLE = principal_document(Principal("p", (Grant(AccessScope.READ),), ("order",), None, ("a:b",)))


@given(principals)
def test_what_is_written_reads_back(principal: Principal) -> None:
    assert principal_in(json.loads(json.dumps(principal_document(principal)))) == principal


def test_what_was_written_before_executions_could_be_named_reads_as_before() -> None:
    old = {name: WHOLE[name] for name in WHOLE if name != "executions"}
    assert principal_in(old) == Principal("p", (Grant(AccessScope.READ),), ("order",))


def test_a_version_that_knows_of_no_executions_opens_less() -> None:
    """While a new version is deployed, an old one may read what it wrote."""
    one = Principal("p", (Grant(AccessScope.READ),), (), None, ("order:one",))
    known = {"name", "grants", "machines", "expires_at"}
    read = principal_in({n: text for n, text in principal_document(one).items() if n in known})
    assert not read.sees_execution(ExecutionId.parse("order:one"))
    assert not read.sees("order")


def test_a_scope_that_isnt_known_here_grants_nothing() -> None:
    assert principal_in({**WHOLE, "grants": ["read", "fly"]}).grants == (Grant(AccessScope.READ),)


@pytest.mark.parametrize(
    "changed",
    [
        {"name": None},
        {"grants": "read"},
        {"machines": [1]},
        {"executions": [None]},
        {"executions": "a:b"},
        {"expires_at": 7},
        {"expires_at": "soon"},
    ],
)
def test_what_is_broken_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        principal_in({**WHOLE, **changed})


@pytest.mark.parametrize("name", ["name", "grants", "machines"])
def test_what_is_missing_is_refused(name: str) -> None:
    with pytest.raises(KeyError):
        principal_in({member: WHOLE[member] for member in WHOLE if member != name})


def test_a_date_reads_in_any_zone() -> None:
    document = {**WHOLE, "expires_at": "2026-11-27T13:00:00+01:00"}
    assert principal_in(document).expires_at == datetime(2026, 11, 27, 12, tzinfo=UTC)
