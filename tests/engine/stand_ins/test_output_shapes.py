from typing import Any

import pytest

from handrail.engine.service_models import operation_model
from handrail.engine.stand_ins.output_shapes import example, output_problem

RIGHT = {"Sentiment": "POSITIVE", "SentimentScore": {"Positive": 0.9}}


@pytest.mark.parametrize(
    ("service", "action", "result", "strict", "loose"),
    [
        ("comprehend", "detectSentiment", RIGHT, None, None),
        ("comprehend", "detectSentiment", {}, None, None),
        ("comprehend", "detectSentiment", RIGHT | {"Newer": 1}, None, None),
        ("comprehend", "detectSentiment", [], "the result must be an object", ...),
        (
            "comprehend",
            "detectSentiment",
            {"Sentiment": 1},
            "field 'Sentiment' must be a string",
            ...,
        ),
        (
            "comprehend",
            "detectSentiment",
            {"SentimentScore": {"Positive": True}},
            "field 'Positive' must be a number",
            ...,
        ),
        (
            "comprehend",
            "detectSentiment",
            {"Sentiment": "FINE"},
            "field 'Sentiment' is not an expected value: 'FINE'",
            ...,
        ),
        (
            "comprehend",
            "detectSentiment",
            {"sentiment": "POSITIVE"},
            "it has none of the fields of DetectSentiment's output: Sentiment, SentimentScore",
            ...,
        ),
        (
            "stepfunctions",
            "startExecution",
            {"ExecutionArn": "arn"},
            "required field 'StartDate' is missing",
            None,
        ),
        ("dynamodb", "getItem", {"Item": {"id": {"S": "a"}}}, None, None),
        ("dynamodb", "getItem", {"Item": []}, "field 'Item' must be an object", ...),
        ("dynamodb", "getItem", {"Item": {"id": {"S": 1}}}, "field 'S' must be a string", ...),
        (
            "dynamodb",
            "query",
            {"Items": [{"n": {"BOOL": "x"}}]},
            "field 'BOOL' must be a boolean",
            ...,
        ),
        ("dynamodb", "query", {"Items": {}}, "field 'Items' must be an array", ...),
        (
            "dynamodb",
            "query",
            {"Items": [{"n": {"Bool": 1}}]},
            "field 'Bool' must be a boolean",
            ...,
        ),
        ("dynamodb", "query", {"Items": [{"n": {"Nul": True}}]}, None, None),
        (
            "rds",
            "describeDBInstances",
            {"DBInstances": [{"DbInstanceIdentifier": "a"}]},
            None,
            None,
        ),
        (
            "rds",
            "describeDBInstances",
            {"DbInstances": [{"DbInstanceIdentifier": 1}]},
            "field 'DbInstanceIdentifier' must be a string",
            ...,
        ),
        ("secretsmanager", "getSecretValue", {"ARN": 1}, "field 'ARN' must be a string", ...),
        ("secretsmanager", "getSecretValue", {"Arn": 1}, "field 'Arn' must be a string", ...),
        ("sqs", "deleteMessage", {"anything": 1}, None, None),
        ("lambda", "invoke", {"Payload": {"any": ["thing"]}, "StatusCode": 200}, None, None),
    ],
)
def test_an_answer_is_like_the_service_s(
    service: str, action: str, result: Any, strict: str | None, loose: Any
) -> None:
    operation = operation_model(service, action)
    assert output_problem(result, operation, strict=True) == strict
    expected = strict if loose is ... else loose
    assert output_problem(result, operation, strict=False) == expected


@pytest.mark.parametrize(
    ("service", "action"),
    [("stepfunctions", "startExecution"), ("bedrock-runtime", "converse"), ("s3", "getObject")],
)
def test_an_example_is_what_the_service_might_answer(service: str, action: str) -> None:
    operation = operation_model(service, action)
    assert output_problem(example(operation), operation, strict=True) is None


def test_where_nothing_is_known_the_example_is_empty() -> None:
    assert example(None) == {}
