"""AWS's rules for what callers send (API reference of StartExecution and SendTask*)."""

import json
import re
from collections.abc import Mapping
from typing import Any

from service.core.limits import MAX_PAYLOAD_BYTES
from service.local.errors import AwsError, NotServed

_ILLEGAL_IN_NAME = re.compile(r'[\s<>{}\[\]?*"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]')
_MACHINE_ARN = re.compile(r"arn:[^:]+:states:[^:]+:\d{12}:stateMachine:[^:]+(:[^:]+)?")
_EXECUTION_ARN = re.compile(r"arn:[^:]+:states:[^:]+:\d{12}:(execution|express):[^:]+(:[^:]+)+")


def required(request: Mapping[str, Any], field: str, *, most: int | None = None) -> str:
    """A text field. Raises ValidationException where it is missing or longer than `most`."""
    value = request.get(field)
    if not isinstance(value, str):
        raise invalid(f"Value null at '{field}'", "must not be null")
    _check_length(len(value), field, most)
    return value


def optional(request: Mapping[str, Any], field: str, *, most: int) -> str | None:
    """A text field that may be missing. Raises ValidationException where it is too long."""
    return None if request.get(field) is None else required(request, field, most=most)


def check_name(name: str) -> None:
    if not 1 <= len(name) <= 80 or _ILLEGAL_IN_NAME.search(name):
        raise AwsError("InvalidName", f"Invalid Name: '{name}'")


def check_machine_arn(arn: str) -> None:
    """Raises InvalidArn, NotServed for versions and aliases."""
    match = _MACHINE_ARN.fullmatch(arn)
    if match is None:
        raise AwsError("InvalidArn", f"Invalid Arn: 'Invalid ARN prefix: {arn}'")
    if match[1]:
        raise NotServed("versions and aliases of state machines")


def check_execution_arn(arn: str) -> None:
    """Raises InvalidArn, also for an Express execution: nothing can be asked of those."""
    match = _EXECUTION_ARN.fullmatch(arn)
    if match is None:
        raise AwsError("InvalidArn", f"Invalid Arn: 'Invalid ARN prefix: {arn}'")
    if match[1] == "express":
        raise AwsError(
            "InvalidArn", "Invalid Arn: 'Resource type not valid in this context: express'"
        )


def check_json(text: str, field: str, type: str, title: str) -> None:
    """Raises ValidationException, and an error of this type and title for what is no JSON."""
    _check_length(len(text.encode()), field, MAX_PAYLOAD_BYTES)
    try:
        json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise AwsError(type, f"{title}: '{error}'") from error


def _no_number(constant: str) -> Any:
    """Python reads NaN and Infinity; JSON has neither."""
    raise ValueError(f"Unrecognized token '{constant}'")


def _check_length(length: int, field: str, most: int | None) -> None:
    if most is not None and length > most:
        raise invalid(f"Value at '{field}'", f"must have length less than or equal to {most}")


def invalid(value: str, rule: str) -> AwsError:
    problem = f"{value} failed to satisfy constraint: Member {rule}"
    return AwsError("ValidationException", f"1 validation error detected: {problem}")
