"""Checks requests by AWS's rules (the API's reference), and cuts lists into pages."""

import hmac
import json
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from handrail.core.limits import MAX_NAME, MAX_PAYLOAD_BYTES, REFUSED_IN_NAMES
from handrail.core.machine_reference import qualifier_of
from handrail.engine.errors import AwsError

Request = Mapping[str, Any]
Show = Callable[[Any], Any]
DEFAULT_RESULTS = 100
MAX_RESULTS = 1000
_MACHINE_ARN = re.compile(r"arn:[^:]+:states:[^:]+:\d{12}:stateMachine:[^:]+(:[^:]+)?")
_EXECUTION_ARN = re.compile(r"arn:[^:]+:states:[^:]+:\d{12}:(execution|express):[^:]+(:[^:]+)+")


def required(request: Request, field: str, *, most: int | None = None) -> str:
    """A text field. Raises ValidationException where it is missing or longer than `most`."""
    value = request.get(field)
    if not isinstance(value, str):
        raise invalid(f"Value null at '{field}'", "must not be null")
    _check_length(len(value), field, most)
    return value


def optional(request: Request, field: str, *, most: int) -> str | None:
    """A text field that may be missing. Raises ValidationException where it is too long."""
    return None if request.get(field) is None else required(request, field, most=most)


def one_of(request: Request, field: str, values: tuple[str, ...]) -> str:
    """A text field of these values, the first of them where it is missing. Raises
    ValidationException for another."""
    value = request.get(field)
    if value is None:
        return values[0]
    if value not in values:
        listed = ", ".join(values)
        raise invalid(f"Value '{value}' at '{field}'", f"must be one of: [{listed}]")
    return str(value)


def number(request: Request, field: str, *, least: int, most: int) -> int | None:
    """An integer field that may be missing. Raises ValidationException where it is another."""
    value = request.get(field)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise invalid(f"Value '{value}' at '{field}'", f"must be {least} to {most}")
    return value


def check_name(name: str) -> None:
    if not 1 <= len(name) <= MAX_NAME or REFUSED_IN_NAMES.search(name):
        raise AwsError("InvalidName", f"Invalid Name: '{name}'")


def check_machine_arn(arn: str) -> None:
    """Raises InvalidArn. A version or an alias may stand at its end."""
    if not _MACHINE_ARN.fullmatch(arn):
        raise AwsError("InvalidArn", f"Invalid Arn: 'Invalid ARN prefix: {arn}'")


def check_unqualified(arn: str) -> None:
    """Raises InvalidArn, and ValidationException for the ARN of a version or an alias."""
    check_machine_arn(arn)
    if qualifier_of(arn):
        raise AwsError("ValidationException", f"A version or an alias isn't accepted: '{arn}'")


def check_execution_arn(arn: str) -> None:
    """Raises InvalidArn, also for an Express execution: nothing can be asked of those."""
    match = _EXECUTION_ARN.fullmatch(arn)
    if match is None or match[1] == "express":
        express = "Resource type not valid in this context: express"
        problem = express if match else f"Invalid ARN prefix: {arn}"
        raise AwsError("InvalidArn", f"Invalid Arn: '{problem}'")


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


@dataclass(frozen=True, slots=True)
class PageTokens:
    """Page tokens are bound to what was asked, and signed with the engine's own key."""

    key: bytes = field(default_factory=lambda: secrets.token_bytes(16))

    def page(
        self, request: Request, scope: list[Any], items: Iterable[tuple[int, Any]], show: Show
    ) -> tuple[list[Any], dict[str, str]]:
        """The items of the page that `request` asks for, shown, and `{"nextToken": …}` where more
        follow. `items` are (position, item) in the order of rising positions, `scope` is the
        question asked. Raises InvalidToken, ValidationException."""
        after, token = None, request.get("nextToken")
        if token:
            position = token.partition(".")[0]
            after = int(position) if re.fullmatch(r"-?[0-9]{1,9}", position) else 0
            if token != self._token(scope, after):
                raise AwsError("InvalidToken", "Invalid Token: 'Invalid token'")
        size = request.get("maxResults") or DEFAULT_RESULTS
        if not 0 < size <= MAX_RESULTS:
            rule = f"must have value less than or equal to {MAX_RESULTS}"
            raise invalid(f"Value '{size}' at 'maxResults'", rule)
        found = list(islice((i for i in items if after is None or i[0] > after), size + 1))
        more = {"nextToken": self._token(scope, found[size - 1][0])} if len(found) > size else {}
        return [show(item) for _, item in found[:size]], more

    def _token(self, scope: list[Any], position: int) -> str:
        asked = json.dumps([scope, position]).encode()
        return f"{position}.{hmac.digest(self.key, asked, 'sha256').hex()}"
