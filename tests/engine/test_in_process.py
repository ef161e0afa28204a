"""botocore's clients reach the engine without a socket, and nobody else is reached so."""

import json

import botocore.session
import pytest
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from handrail.engine import NO_PORT_URL
from handrail.engine.engine import Engine
from handrail.engine.errors import AwsError, EngineError
from handrail.engine.in_process import InProcess, clients_call, environ_of
from tests.engine.engine_fixture import ROLE_ARN

on_the_engine = pytest.mark.asyncio(loop_scope="session")
CONFIG = Config(retries={"total_max_attempts": 1}, proxies={}, connect_timeout=2)


def client(service: str) -> object:
    session = botocore.session.Session()
    session.set_credentials("any", "any")
    return session.create_client(
        service, region_name="us-east-1", endpoint_url=NO_PORT_URL, config=CONFIG
    )


@on_the_engine
async def test_a_client_made_meanwhile_calls_the_engine(engine: Engine) -> None:
    with clients_call(engine.assembly.in_process):
        sqs, s3 = client("sqs"), client("s3")
    url = sqs.create_queue(QueueName="in-process")["QueueUrl"]  # type: ignore[attr-defined]
    sqs.send_message(QueueUrl=url, MessageBody="Grüße")  # type: ignore[attr-defined]
    received = sqs.receive_message(QueueUrl=url)  # type: ignore[attr-defined]
    assert received["Messages"][0]["Body"] == "Grüße"
    s3.create_bucket(Bucket="in-process")  # type: ignore[attr-defined]
    put = {"Bucket": "in-process", "Key": "a b/ü+1.txt", "Metadata": {"made_by": "me"}}
    s3.put_object(Body=b"x" * 100_000, **put)  # type: ignore[attr-defined]
    got = s3.get_object(Bucket="in-process", Key="a b/ü+1.txt")  # type: ignore[attr-defined]
    assert got["Body"].read() == b"x" * 100_000
    assert got["Metadata"] == {"made_by": "me"}


@on_the_engine
async def test_a_client_made_otherwise_finds_nobody(engine: Engine) -> None:
    with pytest.raises(EndpointConnectionError):
        client("sqs").list_queues()  # type: ignore[attr-defined]


@on_the_engine
async def test_an_operation_is_called_by_its_name(engine: Engine) -> None:
    call = engine.assembly.in_process.call
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
    asked = {"name": "by-its-name", "definition": definition, "roleArn": ROLE_ARN}
    assert call("CreateStateMachine", asked)["stateMachineArn"].endswith(":by-its-name")
    with pytest.raises(AwsError, match="nowhere") as caught:
        call("DescribeExecution", {"executionArn": "nowhere"})
    assert caught.value.type == "InvalidArn"


def test_an_engine_that_hasn_t_started_says_so() -> None:
    with pytest.raises(EngineError):
        InProcess().call("ListStateMachines", {})


def test_a_request_to_somebody_else_is_left_to_the_network() -> None:
    request = AWSRequest("GET", "https://sqs.us-east-1.amazonaws.com/").prepare()
    assert InProcess()(request) is None


@given(st.binary(max_size=64), st.text(st.characters(codec="latin-1", exclude_characters="\r\n")))
def test_what_is_sent_arrives(body: bytes, header: str) -> None:
    sent = AWSRequest("POST", f"{NO_PORT_URL}/a%2Fb?c=d%20e", {"X-Told": header}, body).prepare()
    environ = environ_of(sent)
    assert environ["wsgi.input"].read() == body
    assert environ["CONTENT_LENGTH"] == str(len(body))
    assert environ["HTTP_X_TOLD"] == header
    assert environ["RAW_URI"] == "/a%2Fb?c=d%20e"
    assert environ["PATH_INFO"] == "/a/b"
    assert environ["QUERY_STRING"] == "c=d%20e"
