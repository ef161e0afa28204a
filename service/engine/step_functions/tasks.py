"""Answers SendTaskSuccess, SendTaskFailure, SendTaskHeartbeat and the operations on activities."""

import selectors
import socket
from contextvars import ContextVar
from time import monotonic
from typing import Any

from moto.stepfunctions.parser.asl.eval.callback import callback

from handrail.engine.errors import AwsError

from . import request_rules
from .account import AccountRegion, Output, Request
from .waiting_tasks import TaskQueue, WaitingTask

POLL_S = 60
connection: ContextVar[socket.socket | None] = ContextVar("connection")
"""The connection of the request at hand; None for one of this process."""
_GONE = "TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'"


def send_task_success(account: AccountRegion, request: Request) -> Output:
    output = request_rules.required(request, "output")
    token = request_rules.required(request, "taskToken", most=2048)
    _found(account, token)  # an unknown token is told first, as on AWS
    request_rules.check_json(output, "output", "InvalidOutput", "Invalid Output")
    return _settle(account, callback.CallbackOutcomeSuccess(token, output))


def send_task_failure(account: AccountRegion, request: Request) -> Output:
    token = request_rules.required(request, "taskToken", most=2048)
    error = request_rules.optional(request, "error", most=256)
    cause = request_rules.optional(request, "cause", most=32_768)
    return _settle(account, callback.CallbackOutcomeFailure(token, error, cause))


def send_task_heartbeat(account: AccountRegion, request: Request) -> Output:
    task = _found(account, request_rules.required(request, "taskToken", most=2048))
    if task.waits:
        task.heartbeat()
    if not task.waits:  # which the heartbeat may have shown
        raise AwsError(*_GONE)
    return {}


def create_activity(account: AccountRegion, request: Request) -> Output:
    """An activity that exists already is answered as it is."""
    name = request_rules.required(request, "name")
    request_rules.check_name(name)
    arn = account.arn("activity", name)
    with account.lock:
        activity = account.activities.setdefault(arn, TaskQueue(arn, name))
    return {"activityArn": arn, "creationDate": activity.creation_date}


def describe_activity(account: AccountRegion, request: Request) -> Output:
    return _shown(_activity(account, request))


def delete_activity(account: AccountRegion, request: Request) -> Output:
    with account.lock:
        account.activities.pop(request_rules.required(request, "activityArn"), None)
    return {}


def list_activities(account: AccountRegion, request: Request) -> Output:
    found = enumerate(list(account.activities.values()), 1)
    activities, more = account.tokens.page(request, ["activities"], found, _shown)
    return {"activities": activities, **more}


def get_activity_task(account: AccountRegion, request: Request) -> Output:
    """Answers nothing after a minute. A client that went away takes no task with it, unlike AWS."""
    activity = _activity(account, request)
    until = monotonic() + POLL_S
    while taken := activity.take(until - monotonic(), wanted=_client_waits):
        token, input = taken
        task = _known(account, token)
        if task and task.waits:  # its execution wasn't stopped or forgotten meanwhile
            task.start(request.get("workerName"))
            return {"taskToken": token, "input": input}
    return {}


def _settle(account: AccountRegion, outcome: Any) -> Output:
    if not _found(account, outcome.callback_id).settle(outcome):
        raise AwsError(*_GONE)
    return {}


def _found(account: AccountRegion, token: str) -> WaitingTask:
    """The task that waits for the token, or did."""
    if task := _known(account, token):
        return task
    raise AwsError("InvalidToken", "Invalid Token: 'Invalid token'")


def _known(account: AccountRegion, token: str) -> WaitingTask | None:
    tasks = (execution.callbacks.get(token) for execution in account.snapshot())
    return next(filter(None, tasks), None)


def _activity(account: AccountRegion, request: Request) -> TaskQueue:
    arn = request_rules.required(request, "activityArn")
    if activity := account.activities.get(arn):
        return activity
    raise AwsError("ActivityDoesNotExist", f"Activity Does Not Exist: '{arn}'")


def _shown(activity: TaskQueue) -> Output:
    created = activity.creation_date
    return {"activityArn": activity.arn, "name": activity.name, "creationDate": created}


def _client_waits() -> bool:
    """False once the client of the request at hand has closed its side."""
    if (client := connection.get()) is None:
        return True
    with selectors.DefaultSelector() as selector:
        selector.register(client, selectors.EVENT_READ)
        return not selector.select(0)
