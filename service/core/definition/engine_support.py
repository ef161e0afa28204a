"""Knows what the embedded engine runs, by a task's resource, without asking it.

`engine_operations.json` has the operations of each service that it or moto have
(`tests/engine/moto_operations.py` writes it). Of those, what would give made-up results is taken
out: moto answers a query, a model's opinion or a job's end with values that nobody computed, and an
execution would go on with them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

_RESOURCE = re.compile(r"arn:[^:]*:states:[^:]*:[^:]*:([^:]+):(?:([^:.]+):)?([^:.]+)(?:\.(.+))?")
_TOKEN = "waitForTaskToken"  # noqa: S105 a pattern's name
_OPTIMISED: Mapping[str, tuple[str, Mapping[str, tuple[str, ...]]]] = {
    "batch": ("batch", {"submitJob": ("", "sync")}),
    "dynamodb": (
        "dynamodb",
        dict.fromkeys(("getItem", "putItem", "updateItem", "deleteItem"), ("",)),
    ),
    "ecs": ("ecs", {"runTask": ("", "sync", _TOKEN)}),
    "eks": (
        "eks",
        dict.fromkeys(
            ("createCluster", "deleteCluster", "createNodegroup", "deleteNodegroup"), ("",)
        ),
    ),
    "emr-containers": (
        "emr-containers",
        dict.fromkeys(("createVirtualCluster", "deleteVirtualCluster"), ("",)),
    ),
    "emr-serverless": (
        "emr-serverless",
        dict.fromkeys(
            ("createApplication", "startApplication", "stopApplication", "deleteApplication"),
            ("",),
        ),
    ),
    "events": ("events", {"putEvents": ("", _TOKEN)}),
    "lambda": ("lambda", {"invoke": ("", _TOKEN)}),
    "sagemaker": (
        "sagemaker",
        dict.fromkeys(("createEndpoint", "createEndpointConfig", "createModel"), ("",)),
    ),
    "sns": ("sns", {"publish": ("", _TOKEN)}),
    "sqs": ("sqs", {"sendMessage": ("", _TOKEN)}),
    "states": ("stepfunctions", {"startExecution": ("", "sync", "sync:2", _TOKEN)}),
}
"""Integrations with a form of their own: botocore's name of the service, and the patterns that run,
by the action."""

MADE_UP: Mapping[str, str] = {
    "athena": "*Query*",
    "bedrock-runtime": "*",
    "ce": "GetCostAndUsage",
    "codebuild": "*Build *Builds *BuildsForProject",
    "comprehend": "Detect* BatchDetect* Classify* Contains* Start* Stop* Describe*Job List*Jobs",
    "datasync": "*TaskExecution*",
    "ecr": "StartImageScan DescribeImageScanFindings",
    "emr": "RunJobFlow AddJobFlowSteps *Step *Steps",
    "emr-containers": "*JobRun *JobRuns",
    "emr-serverless": "*JobRun *JobRuns",
    "fis": "*Experiment *Experiments",
    "glue": "*JobRun *JobRuns StartCrawler StartTrigger *WorkflowRun*",
    "inspector2": "ListFindings",
    "rds-data": "*",
    "redshift-data": "*",
    "rekognition": "*",
    "resiliencehub": "ListAppAssessments",
    "sagemaker": "*Job *Jobs *JobV2 *PipelineExecution* *Pipeline*Execution",
    "sagemaker-runtime": "*",
    "ssm": "SendCommand *Command *CommandInvocation* ListCommands",
    "support": "*TrustedAdvisor*",
    "synthetics": "*",
    "textract": "*",
    "timestream-query": "Query",
    "transcribe": "*TranscriptionJob*",
    "xray": "*",
}
"""Patterns of the operations that moto answers with results it makes up, by botocore's name."""


@dataclass(frozen=True, slots=True)
class _Service:
    """`name` is botocore's; `operations` are those there are, by their names in lower case."""

    name: str
    operations: Mapping[str, str]


def why_not(resource: str) -> str | None:
    """A sentence on why the engine can't run a task of this resource, None where it can. A function
    and an activity it runs wherever there is somebody to answer for them."""
    if (match := _RESOURCE.fullmatch(resource)) is None or match[1] == "activity":
        return None
    kind, service, action, pattern = match[1], match[2], match[3], match[4] or ""
    if kind == "aws-sdk":
        return _why_not_sdk(service or "", action, pattern)
    name, actions = _OPTIMISED.get(kind, ("", {}))
    if (patterns := actions.get(action)) is None:
        return f"The embedded engine doesn't run {kind}:{action}."
    if pattern not in patterns:
        return f"The embedded engine doesn't run {name}'s {action} with .{pattern}."
    return None


def _why_not_sdk(sdk_name: str, action: str, pattern: str) -> str | None:
    service = _services().get(sdk_name.lower())
    operation = service.operations.get(action.lower()) if service else None
    if service is None or operation is None:
        return f"The embedded engine doesn't have {sdk_name}:{action}."
    if any(fnmatchcase(operation, made_up) for made_up in MADE_UP.get(service.name, "").split()):
        return f"The embedded engine would make up what {sdk_name}:{action} answers."
    if pattern not in ("", _TOKEN):
        return f"The embedded engine doesn't run {sdk_name}:{action} with .{pattern}."
    return None


@cache
def _services() -> Mapping[str, _Service]:
    """By Step Functions' names, and botocore's."""
    path = Path(__file__).with_name("engine_operations.json")
    by_name: dict[str, _Service] = {}
    for name, text in json.loads(path.read_text(encoding="utf-8")).items():
        name_in_botocore, *listed = text.split()
        service = _Service(name_in_botocore, {each.lower(): each for each in listed})
        by_name[name] = service
        by_name.setdefault(name_in_botocore, service)
    return by_name
