from fnmatch import fnmatchcase
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from handrail.core.definition.engine_support import MADE_UP, why_not

from .support_table import tables, written

RUNS = [
    "arn:aws:states:::lambda:invoke.waitForTaskToken",
    "arn:aws:states:::sqs:sendMessage",
    "arn:aws-cn:states:::dynamodb:putItem",
    "arn:aws:states:::states:startExecution.sync:2",
    "arn:aws:states:::aws-sdk:s3:getObject",
    "arn:aws:states:::aws-sdk:eventbridge:putEvents",
    "arn:aws:states:::aws-sdk:sfn:startExecution",
    "arn:aws:states:::aws-sdk:cloudwatchlogs:createLogGroup",
    "arn:aws:states:::aws-sdk:dynamodb:query.waitForTaskToken",
    "arn:aws:lambda:us-east-1:123456789012:function:any",
    "arn:aws:states:us-east-1:123456789012:activity:any",
    "${FilledInLater}",
]
DOES_NOT_RUN = {
    "arn:aws:states:::http:invoke": "The embedded engine doesn't run http:invoke.",
    "arn:aws:states:::sqs:sendMessage.sync": (
        "The embedded engine doesn't run sqs's sendMessage with .sync."
    ),
    "arn:aws:states:::elasticmapreduce:addStep.sync": (
        "The embedded engine doesn't run elasticmapreduce:addStep."
    ),
    "arn:aws:states:::aws-sdk:translate:translateText": (
        "The embedded engine doesn't have translate:translateText."
    ),
    "arn:aws:states:::aws-sdk:nowhere:go": "The embedded engine doesn't have nowhere:go.",
    "arn:aws:states:::aws-sdk:textract:detectDocumentText": (
        "The embedded engine would make up what textract:detectDocumentText answers."
    ),
    "arn:aws:states:::aws-sdk:rdsdata:executeStatement": (
        "The embedded engine would make up what rdsdata:executeStatement answers."
    ),
    "arn:aws:states:::aws-sdk:s3:getObject.sync": (
        "The embedded engine doesn't run s3:getObject with .sync."
    ),
}


@pytest.mark.parametrize("resource", RUNS)
def test_what_the_engine_runs(resource: str) -> None:
    assert why_not(resource) is None


@pytest.mark.parametrize("resource", DOES_NOT_RUN)
def test_what_it_does_not_run_and_why(resource: str) -> None:
    assert why_not(resource) == DOES_NOT_RUN[resource]


@pytest.mark.parametrize("service", MADE_UP)
def test_what_is_made_up_names_operations_that_there_are(service: str) -> None:
    model: Any = ServiceModel(Loader().load_service_model(service, "service-2"), service)
    for pattern in MADE_UP[service].split():
        assert any(fnmatchcase(name, pattern) for name in model.operation_names), pattern


def test_the_document_has_what_the_engine_runs() -> None:
    assert written() == tables(), "run python -m tests.core.definition.support_table"
