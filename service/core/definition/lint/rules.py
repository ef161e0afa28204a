"""The table of lint's rules, which docs/lint.md shows: each with its severity, AWS's code where AWS
refuses such a definition, and what it is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An `error` is what AWS refuses; a `warning` what deploys and then surprises; `info` what is
    worth a thought."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Rule:
    """`aws` is the code of AWS's own finding, where it has one."""

    severity: Severity
    text: str
    aws: str = ""


def _errors(texts: Mapping[str, str], aws: str = "SCHEMA_VALIDATION_FAILED") -> dict[str, Rule]:
    return {name: Rule(Severity.ERROR, text, aws) for name, text in texts.items()}


def _others(severity: Severity, texts: Mapping[str, str]) -> dict[str, Rule]:
    return {name: Rule(severity, text) for name, text in texts.items()}


_PATH = "A path that can't be read, or stands where it may not."

RULES: Mapping[str, Rule] = {
    # The document and its states
    **_errors({"no-definition": "It can't be read: it is no JSON, or has no object of states."},
              "INVALID_JSON_DESCRIPTION"),
    **_errors({
        "definition-too-long": "It has more characters than AWS takes.",
        "unknown-field": "A field that this object can't have.",
        "wrong-type": "A value of another type than the field takes, or not one of its values.",
        "out-of-range": "A number that is too small or too large.",
        "unknown-type": "A state's Type is missing, or none of the eight.",
        "unknown-language": "QueryLanguage is neither JSONPath nor JSONata.",
        "jsonpath-in-jsonata": "A JSONPath state in a state machine that is JSONata as a whole.",
        "foreign-field": "A field of the other query language.",
        "exclusive-fields": "Fields of which only one may be there.",
    }),
    "duplicate-state-name": Rule(
        Severity.ERROR, "Two states have one name, in whatever branches.", "DUPLICATE_STATE_NAME"
    ),
    "state-name-too-long": Rule(
        Severity.ERROR, "A state's name has more than 80 characters.", "INVALID_STATE_NAME"
    ),
    # Transitions
    **_errors({
        "unknown-start": "StartAt is no state of its scope.",
        "unknown-target": "A transition leads to no state of its scope.",
        "unreachable-state": "No transition leads to a state.",
    }, "MISSING_TRANSITION_TARGET"),
    "no-terminal-state": Rule(
        Severity.ERROR, "No state ends the state machine.", "MISSING_END_STATE"
    ),
    **_errors({
        "missing-start": "StartAt is missing.",
        "next-or-end": "A state has neither Next nor End, or both.",
        "choice-with-transition": "A Choice has Next or End of its own.",
    }),
    # What each type needs
    **_errors({
        "missing-resource": "A Task has no Resource.",
        "wait-for-what": "A Wait has none of its four fields, or several.",
        "missing-branches": "A Parallel has no branch.",
        "missing-item-processor": "A Map has no ItemProcessor.",
        "missing-choices": "A Choice has no rule.",
        "rule-without-next": "A Choice's rule has no Next.",
        "rule-without-condition": "A JSONata rule has no Condition.",
        "rule-without-variable": "A JSONPath rule compares nothing.",
        "comparison-count": "A rule has no comparison, or several.",
        "nested-next": "A rule inside And, Or or Not has a Next.",
        "unexpected-error-handling": "Retry or Catch on a type that can't have it.",
        "not-a-list": "Retry, Catch or the like is no list.",
        "missing-error-equals": "A Retry or Catch names no error.",
        "catch-without-next": "A Catch has no Next.",
        "states-all-not-last": "States.ALL isn't alone, or not in the last Retry or Catch.",
        "negative-attempts": "MaxAttempts is negative.",
        "backoff-below-one": "BackoffRate is below 1.",
        "limit-not-positive": "TimeoutSeconds or HeartbeatSeconds isn't positive.",
        "heartbeat-not-below-timeout": "HeartbeatSeconds isn't smaller than TimeoutSeconds.",
        "bad-timestamp": "A timestamp that isn't RFC 3339 with T and Z, or an offset.",
        "bad-label": "A Map's Label has other characters than names, or more than 40.",
        "credentials-without-role": "Credentials without RoleArn.",
        "not-a-resource": "A Resource that no ARN can be.",
        "unknown-integration": "A service integration that Step Functions hasn't.",
        "unknown-pattern": "A service integration that can't be waited for in this way.",
        "unknown-operation": "An AWS SDK operation that the service hasn't.",
        "unknown-parameter": "A parameter that the integration doesn't take.",
        "beyond-express": "What Express executions can't do.",
    }),
    # Paths, templates, intrinsic functions
    **_errors({
        "malformed-path": _PATH,
        "malformed-reference-path": "A reference path with wildcards, filters, slices, functions.",
        "malformed-template": "A .$ field holds neither a path nor an intrinsic function.",
        "malformed-intrinsic": "An intrinsic function that can't be read.",
        "unknown-intrinsic": "An intrinsic function that there isn't.",
        "intrinsic-arguments": "Too many, too few or wrong arguments of an intrinsic function.",
        "duplicate-template-key": "A field stands in a template with .$ and without.",
        "reserved-variable": "Assign to a name that can't be a variable's.",
    }),
    # JSONata
    "malformed-jsonata": Rule(
        Severity.ERROR, "A JSONata expression that doesn't parse.", "INVALID_JSONATA_EXPRESSION"
    ),
    "unsupported-jsonata": Rule(
        Severity.ERROR,
        "JSONata that Step Functions hasn't: a field's name at the top level, $$, $states' others.",
        "UNSUPPORTED_JSONATA_EXPRESSION",
    ),
    **_errors({"half-jsonata": "Only one of {% and %}, or spaces outside of them."},
              "INVALID_JSONATA_EXPRESSION"),
    # What deploys and surprises
    "path-without-dollar": Rule(
        Severity.WARNING, "A value looks like a path, but its key doesn't end in .$.", "NO_DOLLAR"
    ),
    "static-result": Rule(
        Severity.WARNING, "A Pass's Result holds what looks like a path.", "PASS_RESULT_IS_STATIC"
    ),
    **_others(
        Severity.WARNING, {
        "duplicate-key": "A key occurs twice in an object; the last one counts.",
        "leftover-substitution": "A ${…} was not filled in.",
        "branch-without-end": "No state ends a branch or a Map's item: only an error leaves it.",
        "unreachable-circle": "Only states that aren't reached themselves lead to a state.",
        "never-ends": "From a state no terminal state can be reached.",
        "unexpected-transition": "Next or End on a Succeed or Fail.",
        "jsonpath-inside-jsonata": "A JSONPath state in a Map or Parallel of a JSONata machine.",
        "choice-without-default": "An input that no rule fits fails the execution.",
        "misspelt-states-all": "State.ALL is no error's name.",
        "jsonata-in-jsonpath": "A JSONata expression in a JSONPath state is sent as it stands.",
        "path-in-jsonata": "A key that ends in .$ in a JSONata state is sent as it stands.",
        "resource-not-arn": "A Resource that AWS wouldn't take for an ARN.",
        "unknown-service": "A Task of a service that isn't known here.",
        "missing-parameter": "A parameter that the integration needs is missing.",
        "doubtful-parameter": "A parameter that an AWS SDK operation doesn't take.",
        "not-a-reference-path": "A path that may find several values where one is needed.",
        "doubtful-variable-name": "A variable whose name no expression can say.",
        "unassigned-variable": "A variable is read that no state before has assigned.",
        "unsupported-function": "A JSONata function that fails on Step Functions.",
        "format-arguments": "States.Format with more or fewer arguments than {}.",
        "distributed-only": "A field that counts in a distributed Map alone.",
        "missing-execution-type": "A distributed Map without ExecutionType.",
        "callback-without-limit": "A lost callback is waited for for a year.",
        "callback-without-token": "The task token is passed nowhere.",
        "activity-without-timeout": "An activity or a job is waited for without a limit.",
        "loop-to-the-limit": "A loop that waits and asks again ends at 25,000 events.",
        "large-payload": "A literal over 256 KiB, which no state may output.",
        "express-too-long": "An Express execution ends after five minutes.",
        "not-on-the-engine": "The embedded engine can't take it, though AWS does.",
        "callback-names-nothing": "A question names what its task is never called with.",
        "notify-secret-in-file": "A webhook's secret is written down with the state machine.",
    }),
    **_others(
        Severity.INFO, {
        "needs-stand-in": "Nobody answers this task on the embedded engine: name a stand-in.",
        "deprecated-iterator": "Iterator is ItemProcessor's old name.",
        "map-without-max-concurrency": "All items of a Map may start at once.",
        "fail-without-error": "All failures look alike.",
        "task-without-retry": "A passing error is fatal.",
        "lambda-without-retry": "Lambda's own passing errors fail the execution.",
        "task-without-timeout": "A task that hangs is noticed late.",
        "hard-coded-account": "An ARN with another account's number in it.",
        "express-is-cheaper": "A short Standard state machine that Express would run for less.",
        "polling-loop": "A loop that asks whether a job is done, which .sync waits for.",
    }),
}  # fmt: skip
