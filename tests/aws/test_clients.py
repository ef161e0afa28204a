"""Opening clients: where they point, who they are, how long they wait and how often they try."""

import asyncio
import gc
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from types_aiobotocore_stepfunctions.client import SFNClient

from handrail.aws.clients import AwsConfig, open_clients
from handrail.aws.errors import translated
from handrail.core.errors import SettingsError, Throttled, Unavailable, UpstreamRefused
from tests.stubs.stepfunctions import StepFunctionsStub
from tests.stubs.sts import StsStub

ROLE = "arn:aws:iam::123456789012:role/reader"


async def start(sfn: SFNClient, stub: StepFunctionsStub, *, name: str = "n") -> str:
    machine = stub.add_machine("order")
    with translated("StartExecution"):
        answer = await sfn.start_execution(stateMachineArn=machine, name=name, input="{}")
    return answer["executionArn"]


def key_of(stub: StepFunctionsStub) -> str:
    """The access key the latest request was signed with."""
    authorization = stub.requests[-1].headers["Authorization"]
    return authorization.split("Credential=")[1].split("/")[0]


async def test_a_missing_region_is_one_sentence_that_names_the_variable(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.delenv("AWS_REGION")
    with pytest.raises(SettingsError, match="AWS_REGION"):
        async with open_clients(AwsConfig()):
            pass


@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
async def test_the_region_comes_from_either_variable(
    environment: pytest.MonkeyPatch, variable: str
) -> None:
    environment.delenv("AWS_REGION")
    environment.setenv(variable, "eu-west-1")
    async with open_clients(AwsConfig()) as clients:
        assert clients.sfn.meta.endpoint_url == "https://states.eu-west-1.amazonaws.com"


async def test_a_profile_gives_the_region_and_the_key(
    environment: pytest.MonkeyPatch, stub: StepFunctionsStub, tmp_path: Path
) -> None:
    environment.delenv("AWS_REGION")
    (tmp_path / "config").write_text("[profile team]\nregion = eu-north-1\n")
    (tmp_path / "credentials").write_text(
        "[team]\naws_access_key_id = TEAMKEY\naws_secret_access_key = x\n"
    )
    config = AwsConfig(profile="team", endpoint_url=stub.url)
    async with open_clients(config) as clients:
        await start(clients.sfn, stub)
    assert clients.sfn.meta.region_name == "eu-north-1"
    assert key_of(stub) == "TEAMKEY"


async def test_an_unknown_profile_is_a_settings_error() -> None:
    with pytest.raises(SettingsError, match="nobody"):
        async with open_clients(AwsConfig(profile="nobody")):
            pass


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SFN"])
async def test_the_endpoint_comes_from_either_variable(
    environment: pytest.MonkeyPatch, stub: StepFunctionsStub, variable: str
) -> None:
    environment.setenv(variable, stub.url)
    async with open_clients(AwsConfig()) as clients:
        await start(clients.sfn, stub)
    assert stub.calls["StartExecution"] == 1


async def test_an_endpoint_that_is_no_url_is_a_settings_error(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("AWS_ENDPOINT_URL_SFN", "not a url")
    with pytest.raises(SettingsError):
        async with open_clients(AwsConfig()):
            pass


async def test_a_sync_start_at_aws_goes_to_its_own_host_and_elsewhere_does_not(
    stub: StepFunctionsStub,
) -> None:
    async with open_clients(AwsConfig()) as clients:
        assert (await clients.sync()).meta.config.inject_host_prefix
        assert not clients.sfn.meta.config.inject_host_prefix
    async with open_clients(AwsConfig(endpoint_url=stub.url)) as clients:
        assert not (await clients.sync()).meta.config.inject_host_prefix


@pytest.mark.parametrize(
    "url", ["https://states.us-east-1.amazonaws.com/", "https://States.us-east-1.amazonaws.com:443"]
)
@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SFN"])
async def test_a_sync_start_at_aws_goes_there_however_its_endpoint_is_written(
    environment: pytest.MonkeyPatch, variable: str, url: str
) -> None:
    environment.setenv(variable, url)
    async with open_clients(AwsConfig()) as clients:
        assert (await clients.sync()).meta.config.inject_host_prefix


@pytest.mark.parametrize("behind", ["", "/", "//", "/base", "/base/"])
async def test_an_endpoint_may_have_a_path_and_a_slash_at_its_end(
    environment: pytest.MonkeyPatch, behind: str
) -> None:
    """Whatever service is asked: Lambda's operations have paths of their own, the others none."""
    paths: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        paths.append(request.raw_path)
        return web.json_response({"executionArn": "x", "startDate": 1, "status": "SUCCEEDED"})

    site = web.Application()
    site.router.add_post("/{path:.*}", answer)
    async with TestServer(site) as server:
        environment.setenv("AWS_ENDPOINT_URL", f"{server.make_url('/')}".rstrip("/") + behind)
        async with open_clients(AwsConfig(max_attempts=1)) as clients:
            arn = "arn:aws:states:us-east-1:123456789012:stateMachine:price"
            await (await clients.sync()).start_sync_execution(stateMachineArn=arn)
            await (await clients.client("lambda")).invoke(FunctionName="f")
            table = await clients.client("dynamodb")
            await table.get_item(TableName="tickets", Key={"id": {"S": "1"}})
    base = behind.rstrip("/")
    assert [path.replace("//", "/").rstrip("/") for path in paths] == [
        base,
        f"{base}/2015-03-31/functions/f/invocations",
        base,
    ]


@pytest.mark.parametrize(
    "url",
    [
        *("localhost:4566", "//localhost:4566", "ftp://localhost", "http://", "http://a:b"),
        *("http://a b", "http://localhost:4566 ", "http://localhost/?x", "sqs.amazonaws.com"),
    ],
)
@pytest.mark.parametrize("service", ["", "_SFN", "_DYNAMODB", "_SQS", "_LAMBDA", "_STS"])
async def test_an_endpoint_nothing_can_be_sent_to_stops_the_start(
    environment: pytest.MonkeyPatch, service: str, url: str
) -> None:
    environment.setenv(f"AWS_ENDPOINT_URL{service}", url)
    with pytest.raises(SettingsError, match=f"^AWS_ENDPOINT_URL{service}: isn't a URL"):
        async with open_clients(AwsConfig()):
            pass


async def test_each_kind_of_client_has_its_own_patience() -> None:
    config = AwsConfig(read_timeout_s=4, connect_timeout_s=2, sync_timeout_s=333, pool_size=77)
    async with open_clients(config) as clients:
        sync, poll = await clients.sync(), await clients.long_poll()
        assert (await clients.sync(), await clients.long_poll()) == (sync, poll)
    options: list[Any] = [client.meta.config for client in (clients.sfn, sync, poll)]
    assert [each.read_timeout for each in options] == [4, 333, 70]
    assert [each.connect_timeout for each in options] == [2, 2, 2]
    assert [each.max_pool_connections for each in options] == [77, 77, 77]


async def test_throttles_are_retried_up_to_the_attempts_and_no_further(
    stub: StepFunctionsStub,
) -> None:
    stub.fail_next("StartExecution", code="ThrottlingException", times=9)
    async with open_clients(AwsConfig(endpoint_url=stub.url, max_attempts=2)) as clients:
        with pytest.raises(Throttled):
            await start(clients.sfn, stub)
    assert stub.calls["StartExecution"] == 2


async def test_a_lost_answer_is_asked_for_again_and_starts_once(stub: StepFunctionsStub) -> None:
    stub.drop_next("StartExecution")
    async with open_clients(AwsConfig(endpoint_url=stub.url, max_attempts=2)) as clients:
        arn = await start(clients.sfn, stub)
    assert stub.calls["StartExecution"] == 2
    assert list(stub.account.runs) == [arn]


async def test_a_sync_start_is_never_tried_twice(stub: StepFunctionsStub) -> None:
    machine = stub.add_machine("quick", type="EXPRESS")
    stub.drop_next("StartSyncExecution")
    async with open_clients(AwsConfig(endpoint_url=stub.url)) as clients:
        sync = await clients.sync()
        with pytest.raises(Unavailable), translated("StartSyncExecution"):
            await sync.start_sync_execution(stateMachineArn=machine, input="{}")
    assert stub.calls["StartSyncExecution"] == 1


async def test_an_endpoint_that_hangs_is_given_up_on(stub: StepFunctionsStub) -> None:
    stub.hang_next("StartExecution")
    config = AwsConfig(endpoint_url=stub.url, read_timeout_s=0.05, max_attempts=1)
    async with asyncio.timeout(5), open_clients(config) as clients:
        with pytest.raises(Unavailable):
            await start(clients.sfn, stub)


async def test_nothing_stays_open_behind_the_clients(
    stub: StepFunctionsStub, recwarn: pytest.WarningsRecorder
) -> None:
    async with open_clients(AwsConfig(endpoint_url=stub.url)) as clients:
        await start(clients.sfn, stub)
        for client in (await clients.sync(), await clients.long_poll()):
            await start(client, stub)
    del client, clients
    gc.collect()
    assert [warning.message for warning in recwarn] == []


async def test_a_role_is_assumed_once_and_signs_the_calls(
    environment: pytest.MonkeyPatch, stub: StepFunctionsStub
) -> None:
    async with StsStub() as sts:
        environment.setenv("AWS_ENDPOINT_URL_STS", sts.url)
        async with open_clients(AwsConfig(endpoint_url=stub.url, role_arn=ROLE)) as clients:
            await asyncio.gather(*(start(clients.sfn, stub, name=str(n)) for n in range(5)))
            await start(await clients.long_poll(), stub)
    assert sts.assumed == [ROLE]
    assert key_of(stub) == "ASSUMED1"
    assert stub.requests[-1].headers["X-Amz-Security-Token"] == "assumed-token"


async def test_a_role_that_is_about_to_expire_is_assumed_again(
    environment: pytest.MonkeyPatch, stub: StepFunctionsStub
) -> None:
    async with StsStub() as sts:
        environment.setenv("AWS_ENDPOINT_URL_STS", sts.url)
        sts.lifetime = timedelta(minutes=5)
        async with open_clients(AwsConfig(endpoint_url=stub.url, role_arn=ROLE)) as clients:
            await start(clients.sfn, stub)
            await start(clients.sfn, stub)
    assert sts.assumed == [ROLE, ROLE]
    assert key_of(stub) == "ASSUMED2"


async def test_a_role_that_may_not_be_assumed_is_a_refusal(
    environment: pytest.MonkeyPatch, stub: StepFunctionsStub
) -> None:
    async with StsStub() as sts:
        environment.setenv("AWS_ENDPOINT_URL_STS", sts.url)
        sts.refuses = True
        async with open_clients(AwsConfig(endpoint_url=stub.url, role_arn=ROLE)) as clients:
            with pytest.raises(UpstreamRefused):
                await start(clients.sfn, stub)
    assert not stub.calls


async def test_no_credentials_at_all_are_a_refusal(
    environment: pytest.MonkeyPatch, stub: StepFunctionsStub
) -> None:
    environment.delenv("AWS_ACCESS_KEY_ID")
    async with open_clients(AwsConfig(endpoint_url=stub.url)) as clients:
        with pytest.raises(UpstreamRefused):
            await start(clients.sfn, stub)


@pytest.mark.parametrize(
    ("variable", "service"),
    [
        ("AWS_ENDPOINT_URL", "dynamodb"),
        ("AWS_ENDPOINT_URL", "sqs"),
        ("AWS_ENDPOINT_URL_DYNAMODB", "dynamodb"),
        ("AWS_ENDPOINT_URL_SQS", "sqs"),
    ],
)
async def test_each_service_s_endpoint_comes_from_its_variable(
    environment: pytest.MonkeyPatch, variable: str, service: str
) -> None:
    environment.setenv(variable, "http://127.0.0.1:9")
    async with open_clients(AwsConfig()) as clients:
        client = await clients.client(service)
        assert client.meta.endpoint_url == "http://127.0.0.1:9"


async def test_a_service_without_a_variable_of_its_own_is_aws_s(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("AWS_ENDPOINT_URL_SFN", "http://127.0.0.1:9")
    async with open_clients(AwsConfig()) as clients:
        dynamodb, sqs = await clients.client("dynamodb"), await clients.client("sqs")
        assert dynamodb.meta.endpoint_url == "https://dynamodb.us-east-1.amazonaws.com"
        assert sqs.meta.endpoint_url == "https://sqs.us-east-1.amazonaws.com"


async def test_sockets_are_managed_where_their_api_is(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    url = "https://a1b2c3.execute-api.us-east-1.amazonaws.com/live"
    async with open_clients(AwsConfig()) as clients:
        assert (await clients.client("apigatewaymanagementapi", url)).meta.endpoint_url == url


async def test_each_client_is_opened_once_and_as_patient_as_the_others() -> None:
    config = AwsConfig(read_timeout_s=4, connect_timeout_s=2, pool_size=77, max_attempts=2)
    async with open_clients(config) as clients:
        url = "http://127.0.0.1:9"
        for name, at in (("dynamodb", None), ("sqs", None), ("apigatewaymanagementapi", url)):
            first, second = await asyncio.gather(clients.client(name, at), clients.client(name, at))
            assert first is second
            options = first.meta.config
            assert (options.connect_timeout, options.read_timeout) == (2, 4)
            assert options.max_pool_connections == 77
            assert options.retries["total_max_attempts"] == 2


async def test_it_is_known_where_credentials_come_from(environment: pytest.MonkeyPatch) -> None:
    async with open_clients(AwsConfig()) as clients:
        assert await clients.credentials_from() == "env"
    async with open_clients(AwsConfig(role_arn=ROLE)) as clients:
        assert await clients.credentials_from() == "assume-role"
    environment.delenv("AWS_ACCESS_KEY_ID")
    environment.delenv("AWS_SECRET_ACCESS_KEY")
    async with open_clients(AwsConfig()) as clients:
        assert await clients.credentials_from() is None


async def test_regions_of_every_partition_are_known() -> None:
    async with open_clients(AwsConfig()) as clients:
        known = await clients.known_regions()
    assert {"eu-west-1", "cn-north-1", "us-gov-west-1"} <= known
    assert "eu-wst-1" not in known
