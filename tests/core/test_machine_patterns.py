"""Which state machines a service is for, as its setting and its role's policy name them."""

import pytest

from handrail.core.machine_patterns import MachinePatterns

ARN = "arn:aws-cn:states:cn-north-1:111122223333:stateMachine:"


@pytest.mark.parametrize(
    ("text", "served", "not_served"),
    [
        ("", ["orders", "any"], []),
        (" , ", ["orders"], []),
        ("orders, billing", ["orders", "billing"], ["orders-prod", "Orders"]),
        ("*-prod", ["orders-prod"], ["orders", "orders-prod-2"]),
        (f"{ARN}orders,{ARN}billing-?", ["orders", "billing-1"], ["billing", "billing-12"]),
        ("a[b]", ["a[b]"], ["ab"]),
    ],
)
def test_names_and_arns_match_whole_names(
    text: str, served: list[str], not_served: list[str]
) -> None:
    patterns = MachinePatterns.parse(text)

    assert all(map(patterns.match, served))
    assert not any(map(patterns.match, not_served))


@pytest.mark.parametrize(
    "text", [ARN, f"{ARN}orders:live", "orders:3", "arn:aws:sqs:eu-west-1:111122223333:orders"]
)
def test_what_names_no_state_machine_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="names no state machine"):
        MachinePatterns.parse(f"orders,{text}")
