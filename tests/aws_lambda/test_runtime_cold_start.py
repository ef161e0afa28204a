"""What a fresh instance imports until its first event is answered: nothing its path has no use for.

Quart itself imports Hypercorn and click; nothing of ours makes them do anything on Lambda.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import events

PROJECT = Path(__file__).parents[2]
NEVER = frozenset(
    {
        "moto",
        "uvloop",
        "jsonschema",
        "joserfc",
        "handrail.cli",
        "handrail.client",
        "handrail.entrypoints.dev",
        "handrail.entrypoints.serve",
        "handrail.engine",
        "handrail.server",
        "handrail.worker",
    }
)
WEB = frozenset(
    {
        "click",
        "flask",
        "hypercorn",
        "jinja2",
        "mangum",
        "quart",
        "quart_schema",
        "standardwebhooks",
        "werkzeug",
        "handrail.entrypoints.compose_http",
        "handrail.aws_lambda.http_events",
        "handrail.web",
    }
)
SOCKETS = frozenset(
    {
        "handrail.entrypoints.compose_apigateway",
        "handrail.aws_lambda.live_events",
        "handrail.usecases.apigateway",
    }
)
AWS = frozenset({"aioboto3", "aiobotocore", "aiohttp", "botocore"})
CHILD = """\
import json, sys
from handrail.lambda_handler import handler

class Context:
    aws_request_id = "one"

    def get_remaining_time_in_millis(self):
        return 20_000

event = json.loads(sys.stdin.read())
answer = handler(event, Context()) if event else None
print(json.dumps({"answer": answer, "modules": sorted(sys.modules)}))
"""
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "made-up",
    "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    "HANDRAIL_ALLOW_UNAUTHENTICATED": "true",
    "HANDRAIL_STATE_MACHINES_DIR": "tests/aws_lambda/nowhere",
    "HANDRAIL_TABLE": "sockets",
    "HANDRAIL_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/nudges",
    "HANDRAIL_SOCKET_ENDPOINT": "https://a1.execute-api.us-east-1.amazonaws.com/prod",
}


def fresh(event: Any = None, **environment: str) -> tuple[Any, set[str]]:
    """What a process of its own answers to the event, and what it has imported by then."""
    ran = subprocess.run(  # noqa: S603 our own interpreter
        [sys.executable, "-W", "error", "-c", CHILD],
        input=json.dumps(event),
        capture_output=True,
        text=True,
        check=True,
        cwd=PROJECT,
        env={**ENVIRONMENT, **environment},
    )
    found = json.loads(ran.stdout.splitlines()[-1])
    return found["answer"], set(found["modules"])


def test_loading_the_handler_imports_no_framework_and_no_sdk() -> None:
    _, modules = fresh()

    assert "handrail.aws_lambda.runtime" in modules
    assert not modules & (NEVER | WEB | SOCKETS | AWS)


def test_an_http_event_needs_no_sockets() -> None:
    answer, modules = fresh(events.http_v2("GET", "/healthz"))

    assert answer["statusCode"] == 200
    assert not modules & (NEVER | SOCKETS)


def test_a_live_event_needs_no_web_framework() -> None:
    answer, modules = fresh(events.sqs_batch(["not for us"]))

    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}
    assert not modules & (NEVER | WEB)


@pytest.mark.parametrize(
    ("path", "there", "absent"),
    [("http", "quart", SOCKETS), ("live", "handrail.entrypoints.compose_apigateway", WEB)],
)
def test_preloading_imports_what_the_first_event_will_need(
    path: str, there: str, absent: frozenset[str]
) -> None:
    _, modules = fresh(HANDRAIL_PRELOAD=path)

    assert {there, "aioboto3"} <= modules
    assert not modules & (NEVER | absent)


def test_a_function_that_preloads_imports_next_to_nothing_for_its_first_event() -> None:
    _, before = fresh(HANDRAIL_PRELOAD="http")
    _, after = fresh(events.http_v2("GET", "/healthz"), HANDRAIL_PRELOAD="http")

    assert not {name for name in after - before if name.startswith("handrail.")}
