"""Describes, lists and updates Map Runs."""

from typing import Any

from handrail.engine.errors import AwsError
from handrail.engine.map_runs.map_run import LiveMapRun

from . import request_rules
from .account import AccountRegion, Output, Request


def describe_map_run(account: AccountRegion, request: Request) -> Output:
    run = found(account, request_rules.required(request, "mapRunArn"))
    executions, items = run.counts()
    return {
        "mapRunArn": run.map_run_arn,
        "executionArn": run.execution_arn,
        "status": run.status,
        "startDate": run.start_date,
        "stopDate": run.stop_date,
        "maxConcurrency": run.max_concurrency,
        "toleratedFailurePercentage": run.tolerated_percentage,
        "toleratedFailureCount": run.tolerated_count,
        "itemCounts": items,
        "executionCounts": executions,
        "redriveCount": 0,
    }


def list_map_runs(account: AccountRegion, request: Request) -> Output:
    """Newest first."""
    execution = account.execution(request_rules.required(request, "executionArn"))

    def show(run: LiveMapRun) -> Output:
        dates = {"startDate": run.start_date} | (
            {"stopDate": run.stop_date} if run.stop_date else {}
        )
        return {
            "executionArn": run.execution_arn,
            "mapRunArn": run.map_run_arn,
            "stateMachineArn": run.machine_arn,
            **dates,
        }

    started = list(enumerate(execution.map_runs.started))
    listed = ((-position, run) for position, run in reversed(started))
    runs, more = account.tokens.page(request, ["map runs", execution.exec_arn], listed, show)
    return {"mapRuns": runs, **more}


def update_map_run(account: AccountRegion, request: Request) -> Output:
    """While it runs; children that run already go on."""
    run = found(account, request_rules.required(request, "mapRunArn"))
    limits = {
        "max_concurrency": _number(request, "maxConcurrency"),
        "tolerated_count": _number(request, "toleratedFailureCount"),
        "tolerated_percentage": _number(request, "toleratedFailurePercentage", most=100),
    }
    if run.status != "RUNNING":
        problem = f"Map Run is {run.status} and cannot be updated: '{run.map_run_arn}'"
        raise AwsError("ValidationException", problem)
    run.update(**limits)
    return {}


def found(account: AccountRegion, arn: str) -> LiveMapRun:
    """Raises ResourceNotFound."""
    if run := account.map_runs.get(arn):
        return run
    raise AwsError("ResourceNotFound", f"Resource not found: '{arn}'")


def _number(request: Request, field: str, *, most: float | None = None) -> Any:
    value = request.get(field)
    if value is not None and (value < 0 or (most is not None and value > most)):
        rule = "0 or more" if most is None else f"between 0 and {most}"
        raise request_rules.invalid(f"Value '{value}' at '{field}'", f"must be {rule}")
    return value
