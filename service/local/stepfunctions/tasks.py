"""SendTaskSuccess, SendTaskFailure, SendTaskHeartbeat, and the activities."""

from time import monotonic
from typing import Any

from moto.stepfunctions.parser.asl.eval.callback.callback import (
    CallbackOutcomeFailure,
    CallbackOutcomeSuccess,
)

from service.local import caller
from service.local.errors import AwsError

from . import rules
from .account import Account, Request
from .callbacks import TaskQueue, find, waiting
from .history import epoch
from .tokens import page, page_size

POLL_S = 60
_TOKEN_LENGTH = 2048


def send_task_success(account: Account, request: Request) -> dict[str, Any]:
    output = rules.required(request, "output")
    rules.check_output(output)
    token = rules.required(request, "taskToken", most=_TOKEN_LENGTH)
    _settle(account, token, CallbackOutcomeSuccess(token, output))
    return {}


def send_task_failure(account: Account, request: Request) -> dict[str, Any]:
    token = rules.required(request, "taskToken", most=_TOKEN_LENGTH)
    error = rules.optional(request, "error", most=256)
    cause = rules.optional(request, "cause", most=32_768)
    _settle(account, token, CallbackOutcomeFailure(token, error, cause))
    return {}


def send_task_heartbeat(account: Account, request: Request) -> dict[str, Any]:
    _, task = _found(account, rules.required(request, "taskToken", most=_TOKEN_LENGTH))
    if waiting(task):
        task.notify_heartbeat()
    if not waiting(task):  # which the heartbeat may have shown
        raise _gone()
    return {}


def create_activity(account: Account, request: Request) -> dict[str, Any]:
    """An activity that exists already is answered as it is."""
    name = rules.required(request, "name")
    rules.check_name(name)
    arn = account.arn("activity", name)
    with account.lock:
        activity = account.activities.setdefault(arn, TaskQueue(arn, name))
    return {"activityArn": arn, "creationDate": epoch(activity.creation_date)}


def describe_activity(account: Account, request: Request) -> dict[str, Any]:
    return _shown(_activity(account, request))


def delete_activity(account: Account, request: Request) -> dict[str, Any]:
    with account.lock:
        account.activities.pop(rules.required(request, "activityArn"), None)
    return {}


def list_activities(account: Account, request: Request) -> dict[str, Any]:
    scope = ["activities"]
    token = request.get("nextToken")
    after = account.tokens.position(scope, token) if token else 0
    found = [
        (place, _shown(activity))
        for place, activity in enumerate(list(account.activities.values()), 1)
        if place > after
    ]
    activities, more = page(found, size=page_size(request), tokens=account.tokens, scope=scope)
    return {"activities": activities, **more}


def get_activity_task(account: Account, request: Request) -> dict[str, Any]:
    """A long poll: after a minute without a task the answer is empty. A client that went away
    takes no task with it, as it may on AWS."""
    activity = _activity(account, request)
    until = monotonic() + POLL_S
    while task := activity.take(until - monotonic(), wanted=caller.waits):
        _, waiting_task = _found(account, task.task_token)
        if waiting(waiting_task):  # not one whose execution was stopped meanwhile
            waiting_task.notify_activity_task_start(request.get("workerName"))
            return {"taskToken": task.task_token, "input": task.task_input}
    return {}


def _settle(account: Account, token: str, outcome: Any) -> None:
    callbacks, task = _found(account, token)
    if not callbacks.settle(task, outcome):
        raise _gone()


def _found(account: Account, token: str) -> tuple[Any, Any]:
    if found := find(account.snapshot(), token):
        return found
    raise AwsError("InvalidToken", "Invalid Token: 'Invalid token'")


def _gone() -> AwsError:
    return AwsError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")


def _activity(account: Account, request: Request) -> TaskQueue:
    arn = rules.required(request, "activityArn")
    if activity := account.activities.get(arn):
        return activity
    raise AwsError("ActivityDoesNotExist", f"Activity Does Not Exist: '{arn}'")


def _shown(activity: TaskQueue) -> dict[str, Any]:
    return {
        "activityArn": activity.arn,
        "name": activity.name,
        "creationDate": epoch(activity.creation_date),
    }
