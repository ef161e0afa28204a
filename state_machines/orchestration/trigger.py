"""The Lambda function `trigger-lambda-<ENVIRONMENT>`: starts the state machine
`orchestration-<ENVIRONMENT>` with the event as its input.

Deploy it to AWS as it is (handler `trigger.handler`, variable ENVIRONMENT, and the permissions
states:ListStateMachines and states:StartExecution); the embedded engine runs this same file.
"""

import json
import logging
import os
from functools import cache
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

log = logging.getLogger(__name__)


def handler(event: Any, _context: object) -> dict[str, Any]:
    """Answers 200 and the execution's ARN, 400 for an event that is no object, 404 without the
    state machine, 503 where Step Functions can't be asked."""
    if not isinstance(event, dict):
        return _answer(400, message="The event is a JSON object.")
    name = f"orchestration-{os.environ.get('ENVIRONMENT', 'dev')}"
    try:
        if (arn := _state_machine_arn(name)) is None:
            return _answer(404, message=f"There is no state machine {name}.")
        started = _sfn().start_execution(stateMachineArn=arn, input=json.dumps(event))
    except (BotoCoreError, ClientError) as error:
        log.error("%s could not be started: %s", name, type(error).__name__)
        return _answer(503, message="Step Functions can't be asked now.")
    return _answer(200, message="Workflow triggered!", execution_arn=started["executionArn"])


def _state_machine_arn(name: str) -> str | None:
    for page in _sfn().get_paginator("list_state_machines").paginate():
        for machine in page["stateMachines"]:
            if machine["name"] == name:
                return str(machine["stateMachineArn"])
    return None


@cache
def _sfn() -> Any:
    """One client for the container's life, made at the first event."""
    return boto3.client("stepfunctions")


def _answer(status: int, **body: str) -> dict[str, Any]:
    return {"statusCode": status, "body": json.dumps(body)}
