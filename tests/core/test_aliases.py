"""Where an alias points to once a version was deployed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.aliases import WHOLE, Route, main_route, same_routes, shifted

ROUTES = st.one_of(
    st.just(()),
    st.integers(1, 9).map(lambda version: (Route(str(version), WHOLE),)),
    st.builds(
        lambda one, weight: (Route(str(one), weight), Route(str(one + 1), WHOLE - weight)),
        st.integers(1, 9),
        st.integers(0, WHOLE),
    ),
)


@pytest.mark.parametrize(
    ("before", "weight", "after"),
    [
        ({}, 100, {"4": 100}),
        ({}, 10, {"4": 100}),
        ({"3": 100}, 100, {"4": 100}),
        ({"3": 100}, 10, {"4": 10, "3": 90}),
        ({"3": 90, "4": 10}, 50, {"4": 50, "3": 50}),
        ({"3": 90, "4": 10}, 100, {"4": 100}),
        ({"4": 100}, 10, {"4": 100}),
        ({"2": 90, "3": 10}, 20, {"4": 20, "2": 80}),
        ({"2": 50, "3": 50}, 20, {"4": 20, "2": 80}),
        ({"9": 50, "10": 50}, 20, {"4": 20, "9": 80}),
        ({"2": 0, "3": 100}, 20, {"4": 20, "3": 80}),
    ],
)
def test_a_version_gets_its_share_and_the_former_one_the_rest(
    before: dict[str, int], weight: int, after: dict[str, int]
) -> None:
    routes = [Route(version, share) for version, share in before.items()]
    assert {each.version: each.weight for each in shifted(routes, "4", weight)} == after


@given(ROUTES, st.integers(1, 100))
def test_routes_are_one_or_two_and_sum_to_the_whole(routes: tuple[Route, ...], weight: int) -> None:
    after = shifted(routes, "4", weight)
    assert sum(route.weight for route in after) == WHOLE
    assert "4" in {route.version for route in after}
    assert len({route.version for route in after}) == len(after) <= 2
    assert same_routes(shifted(after, "4", weight), after)


def test_most_starts_run_the_heaviest_and_of_equal_ones_the_older() -> None:
    assert main_route([Route("3", 10), Route("4", 90)]).version == "4"
    assert main_route([Route("10", 50), Route("9", 50)]).version == "9"


def test_routes_are_the_same_in_any_order_and_without_those_that_get_nothing() -> None:
    one, other = Route("3", 90), Route("4", 10)
    assert same_routes([one, other], [other, one])
    assert same_routes([Route("3", 100), Route("4", 0)], [Route("3", 100)])
    assert not same_routes([one, other], [Route("3", 10), Route("4", 90)])
