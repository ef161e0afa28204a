"""A definition without what fills it in can be run all the same."""

import pytest

from handrail.usecases.machine_sources.made_up_names import made_up_names

HERE = "${REGION}:${ACCOUNT_ID}"


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ('{"Resource": "${It}"}', f"arn:${{PARTITION}}:lambda:{HERE}:function:It"),
        ('{"FunctionName": "${It}:live"}', f"arn:${{PARTITION}}:lambda:{HERE}:function:It"),
        ('{"StateMachineArn": "${It}"}', f"arn:${{PARTITION}}:states:{HERE}:stateMachine:It"),
        ('{"TopicArn":"${It}"}', f"arn:${{PARTITION}}:sns:{HERE}:It"),
        ('{"QueueUrl": "${It}"}', "https://sqs.${REGION}.${URL_SUFFIX}/${ACCOUNT_ID}/It"),
        ('{"TableName": "${It}"}', "It"),
        ('{"Resource": "arn:aws:lambda:::${It}"}', "It"),
    ],
)
def test_a_value_is_what_its_field_wants(template: str, value: str) -> None:
    assert made_up_names(template, {}) == {"It": value}


def test_names_with_a_value_keep_it_and_a_number_s_place_stays_open() -> None:
    assert made_up_names('["${A} ${REGION} ${AWS::Region}"]', {"A": 1}) == {}
    assert made_up_names('{"TimeoutSeconds": ${Limit}, "Comment": "${A}"}', {}) == {}
