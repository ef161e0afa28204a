from cfnlint.data import AdditionalSpecs  # type: ignore[import-untyped] # it has no types
from cfnlint.helpers import load_resource  # type: ignore[import-untyped] # it has no types

from handrail.core.diagnosis.aws_uses import AWS_USES, ResourceKind, WayIn, uses_of


def test_actions_are_those_of_the_service_authorization_reference() -> None:
    known = load_resource(AdditionalSpecs, "Policies.json")

    for use in {each for way in WayIn for each in AWS_USES[way]}:
        service, _, operation = use.action.partition(":")
        assert operation.lower() in known[service]["Actions"], use.action


def test_a_use_of_both_ways_is_asked_for_once_and_only_on_what_there_is() -> None:
    found = list(uses_of(frozenset(WayIn), frozenset({ResourceKind.TABLE})))

    assert {use.on for use in found} == {ResourceKind.TABLE}
    assert len(found) == len({use.operation for use in found})
    assert "PutItem" in {use.operation for use in found}


def test_what_one_way_in_can_t_do_without_isnt_rare_where_another_can() -> None:
    tables = frozenset({ResourceKind.TABLE})
    both, alone = uses_of(frozenset(WayIn), tables), uses_of(frozenset({WayIn.HTTP}), tables)

    assert not any(use.rare for use in both)
    assert {use.operation for use in alone if use.rare} == {
        "BatchGetItem",
        "GetItem",
        "Query",
        "UpdateItem",
    }
