"""Knows what operations AWS's API has, from the models that botocore comes with."""

from functools import cache

from botocore.exceptions import DataNotFoundError
from botocore.loaders import Loader

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

    def operations(self, service: str) -> frozenset[str] | None:
        return _operations(service)


@cache
def _operations(service: str) -> frozenset[str] | None:
    loader, folders = Loader(), _folders()
    name = folders.get(_OTHERWISE_NAMED.get(service, service).replace("-", ""))
    if name is None:
        return None
    try:
        model = loader.load_service_model(name, "service-2")
    except DataNotFoundError:
        return None
    return frozenset(each[:1].lower() + each[1:] for each in model["operations"])


@cache
def _folders() -> dict[str, str]:
    return {name.replace("-", ""): name for name in Loader().list_available_services("service-2")}
