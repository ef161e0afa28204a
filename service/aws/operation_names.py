"""Knows what operations AWS's API has, from the models that botocore comes with."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from botocore.exceptions import DataNotFoundError
from botocore.loaders import Loader

from handrail.core.definition.lint.aws_operations import OperationInput

_OTHERWISE_NAMED = {
    "applicationautoscaling": "application-autoscaling",
    "cloudwatchevents": "events",
    "cloudwatchlogs": "logs",
    "cognitoidentityprovider": "cognito-idp",
    "configservice": "config",
    "costandusagereport": "cur",
    "costexplorer": "ce",
    "databasemigration": "dms",
    "elasticbeanstalk": "elasticbeanstalk",
    "elasticloadbalancing": "elb",
    "elasticloadbalancingv2": "elbv2",
    "eventbridge": "events",
    "iotdataplane": "iot-data",
    "iotjobsdataplane": "iot-jobs-data",
    "kinesisanalytics": "kinesisanalytics",
    "lexmodelbuilding": "lex-models",
    "lexmodelsv2": "lexv2-models",
    "lexruntimev2": "lexv2-runtime",
    "marketplacemetering": "meteringmarketplace",
    "migrationhub": "mgh",
    "serverlessapplicationrepository": "serverlessrepo",
    "sfn": "stepfunctions",
}
"""Step Functions names a service by AWS's id of it, botocore's folder is often named otherwise."""


class OperationNames:
    """`AwsOperations` by botocore's models, read when first asked for."""

    def operations(self, service: str) -> Mapping[str, OperationInput] | None:
        return _operations(service)


@cache
def _operations(service: str) -> Mapping[str, OperationInput] | None:
    loader, folders = Loader(), _folders()
    name = folders.get(_OTHERWISE_NAMED.get(service, service).replace("-", ""))
    if name is None:
        return None
    try:
        model = loader.load_service_model(name, "service-2")
    except DataNotFoundError:
        return None
    return {
        operation[:1].lower() + operation[1:]: _input(model["shapes"], declared)
        for operation, declared in model["operations"].items()
    }


def _input(shapes: Mapping[str, Any], operation: Mapping[str, Any]) -> OperationInput:
    if "input" not in operation:
        return OperationInput()
    shape = shapes[operation["input"]["shape"]]
    members: Mapping[str, Any] = shape["members"]
    needs = tuple(
        f"{name[:1].upper()}{name[1:]}"
        for name in shape.get("required", ())
        if not members[name].get("idempotencyToken")
    )
    return OperationInput(frozenset(map(str.lower, members)), needs)


@cache
def _folders() -> dict[str, str]:
    return {name.replace("-", ""): name for name in Loader().list_available_services("service-2")}
