"""Finds what botocore knows of a service and its operations by the names in a Task's resource, and
gives services, errors and fields the names that Step Functions gives them.

Step Functions calls services by AWS's SDKs for Java, and names things as those do: by version 2 in
the `aws-sdk` integrations (`DynamoDb`, `NoSuchKeyException`), by 1 in the optimised ones."""

import gzip
import re
from functools import cache
from pathlib import Path
from typing import Any

from botocore import xform_name
from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel

_SERVICE_ID = re.compile(r'"serviceId":\s*"([^"]+)"')
_HEAD = 4096
"""Bytes of a model's file that hold its metadata."""
_OLD_NAMES = {"states": "stepfunctions", "cloudwatchevents": "events"}
_SPLITS = (
    (r"[^A-Za-z0-9]+", " "),
    (r"([^a-z]{2})(v[0-9]+)", r"\1 \2 "),
    (r"([^A-Z]{2})(V[0-9]+)", r"\1 \2 "),
    (r"(?<=[a-z])(?=[A-Z][A-Za-z0-9])", " "),
    (r"([A-Z]+)([A-Z][a-z])", r"\1 \2"),
    (r"([0-9])([A-Za-z])", r"\1 \2"),
)
"""Where the SDK for Java sees words in a name."""
_LEADING_CAPITALS = re.compile(r"^[A-Z]+?(?=[A-Z][a-z]|[^A-Z]|$)")
_RESERVED = {"NULL": "Nul"}


def botocore_name(service: str) -> str:
    """`logs` for `cloudwatchlogs`; a service that botocore doesn't know keeps its name."""
    wanted = service.lower()
    return _OLD_NAMES.get(wanted) or _names().get(wanted) or _ids().get(wanted) or service


@cache
def service_model(service: str) -> ServiceModel | None:
    name = botocore_name(service)
    try:
        return ServiceModel(Loader().load_service_model(name, "service-2"), name)
    except UnknownServiceError:
        return None


@cache
def operation_model(service: str, action: str) -> OperationModel | None:
    """By the name in a resource: `putItem`, `describeDBInstances`."""
    model = service_model(service)
    wanted = action.replace("_", "").lower()
    names = {name.lower(): name for name in model.operation_names} if model else {}
    return model.operation_model(names[wanted]) if model and wanted in names else None


def method_name(service: str, action: str) -> str:
    """botocore's, of the client: `describe_db_instances`."""
    model = operation_model(service, action)
    return xform_name(model.name if model else action)


def sdk_service_name(service: str) -> str:
    """`DynamoDb`, `SecretsManager`."""
    model = service_model(service)
    if model is None:
        return service
    name = _pascal(str(model.service_id))
    return re.sub(r"^(Amazon|Aws)|Service$", "", name)


def sdk_exception_name(shape: str) -> str:
    """`NoSuchKeyException`, of an error's shape in the service's model."""
    return _pascal(re.sub(r"(Fault|Exception)$", "", shape)) + "Exception"


def sdk_field_name(member: str) -> str:
    """`Arn` of `ARN`, `DbInstanceIdentifier` of `DBInstanceIdentifier`, `Bool` of `BOOL`."""
    if member in _RESERVED:
        return _RESERVED[member]
    uncapitalised = _LEADING_CAPITALS.sub(lambda match: match[0].lower(), member)
    return uncapitalised[:1].upper() + uncapitalised[1:]


def field_name(member: str) -> str:
    """In the optimised integrations."""
    return member[:1].upper() + member[1:]


def _pascal(name: str) -> str:
    for pattern, separated in _SPLITS:
        name = re.sub(pattern, separated, name)
    return "".join(word.capitalize() for word in name.split())


@cache
def _names() -> dict[str, str]:
    known = Loader().list_available_services("service-2")
    return {name.replace("-", ""): name for name in known} | {name: name for name in known}


@cache
def _ids() -> dict[str, str]:
    """botocore's names by what the SDK for Java calls a service's package: its id in one word.
    Reading the head of each model takes 0.2 s; the models would take half a minute."""
    found = {}
    for name in sorted(_names().values()):
        if match := _SERVICE_ID.search(_head(name)):
            word = re.sub(r"[^a-z0-9]", "", match[1].lower())
            found[word] = found[word.removesuffix("service")] = name
    return found


def _head(service: str) -> str:
    loader: Any = Loader()
    version = loader.determine_latest_version(service, "service-2")
    for path in loader.search_paths:
        file = Path(path, service, version, "service-2.json")
        if file.is_file():
            return file.read_bytes()[:_HEAD].decode(errors="ignore")
        if (packed := file.with_suffix(".json.gz")).is_file():
            with gzip.open(packed) as content:
                return content.read(_HEAD).decode(errors="ignore")
    return ""


def operation_called(task: Any, service: str | None, action: str | None) -> OperationModel | None:
    """What moto's task calls: what its resource says where moto names no other."""
    resource = task.resource
    return operation_model(service or resource.api_name, action or resource.api_action)
