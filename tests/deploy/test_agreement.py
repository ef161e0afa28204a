"""Numbers and names that stand in two places agree: templates, settings, the code, the image."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest

from handrail.aws.calls import LONG_CALLS_S
from handrail.aws.dynamodb.watches import SETTLING
from handrail.core.bus_address import BusAddress
from handrail.entrypoints.compose_apigateway import limits
from handrail.server.server_config import ServerConfig
from handrail.settings import Settings, variable_of
from handrail.settings.access import AccessSettings
from handrail.usecases.status_nudges import PER_S
from handrail.web.docs.promised_statuses import STATUS_CHANGES
from handrail.web.webhook_signatures import EVENTS_KEY
from tests.deploy.grants import granted
from tests.deploy.templates import NAMES, ROOT, Template, deployed, load
from tests.gateway_table import table_of

VARIABLES = {variable_of(name): name for name in Settings.model_fields}
IDLE = "idle_timeout.timeout_seconds"
LONGEST_WAIT_S = 25
"""The most `?wait=` may ask for."""

IDLE_SOCKET_S = 600
"""https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html"""

HTTP_API_TIMEOUT_S = 30
"""https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html"""

CACHE = "rediss+cluster://handrail-dev-ab12.serverless.euw1.cache.amazonaws.com:6379"
"""https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/serverless-connecting.html"""

SYMBOLS = {
    "HistoryReadsPerS": "1",
    "Auth": "api-key",
    "PublicUrl": "https://handrail.example",
    "JwtIssuer": "",
    "JwtAudience": "",
    "JwtScopesClaim": "",
    "JwtScopePrefix": "",
    "SignInClientId": "",
    "SignInScopes": "openid",
    "SignInAudience": "",
    "AllowedOrigins": "",
    "AllowedHeaders": "",
    "ApiKeysSecretArn": "",
    "LinkKeysSecretArn": "",
    "WebhookSecretsSecretArn": "",
    "JwtSecretArn": "",
    "BusUrlSecretArn": "",
    "TracesCollectorImage": "",
    "TracesLayerArn": "",
    "SocketUrl": "",
    "HttpDomainName": "",
    "SocketDomainName": "",
    "News": "on",
    "NewsPrivate": "",
    "ThenDepth": "5",
    "EventsSecretArn": "",
    "NotifySecretArn": "",
    "CallbacksQueueArn": "arn:aws:sqs:eu-west-1:111122223333:handrail-dev-callbacks",
    "EventsStreamArn": "arn:aws:kinesis:eu-west-1:111122223333:stream/handrail-dev-events",
}


def attributes(template: Template, id: str, key: str) -> dict[str, str]:
    return {each["Key"]: each["Value"] for each in template.properties(id)[key]}


def container() -> dict[str, Any]:
    task = deployed("container", **SYMBOLS).properties("TaskDefinition")
    found = next(each for each in task["ContainerDefinitions"] if each["Name"] == "handrail")
    assert isinstance(found, dict)
    return found


def environments() -> dict[str, dict[str, str]]:
    """What each way of running is told, by its name."""
    serverless = deployed("serverless", **SYMBOLS | {"PublicUrl": ""})
    of_functions = {
        id: function["Environment"]["Variables"]
        for id, function in serverless.of("Lambda::Function")
    }
    return of_functions | {
        "container": {each["Name"]: each["Value"] for each in container()["Environment"]}
    }


def settings_of(way: str) -> Settings:
    """The settings as this way of running reads them; what AWS makes up is made up."""
    made_up = {
        "<Table>": "handrail-table",
        "<NudgeQueue>": "https://sqs.eu-west-1.amazonaws.com/111122223333/nudges",
        "rediss+cluster://<Cache.Endpoint.Address>:<Cache.Endpoint.Port>": CACHE,
    }
    told = {
        VARIABLES[name]: re.sub(r"<(Http|Socket)Api>", "a1b2c3", made_up.get(value, value))
        for name, value in environments()[way].items()
    }
    return Settings.model_validate(told)


WAYS = ("container", "HttpFunction", "LiveFunction")


@pytest.mark.parametrize("way", WAYS)
def test_the_environment_is_one_the_service_starts_with(way: str) -> None:
    settings = settings_of(way)

    assert settings.auth_ways == {"api-key"}
    assert settings.table == "handrail-table"


@pytest.mark.parametrize("way", WAYS)
def test_every_variable_is_a_setting(way: str) -> None:
    assert environments()[way].keys() <= VARIABLES.keys()


def test_every_secret_of_a_task_is_a_setting() -> None:
    assert {secret["Name"] for secret in container()["Secrets"]} <= VARIABLES.keys()


def test_secrets_come_by_reference_alone() -> None:
    """No parameter holds a secret's text, and each function is given its secrets by reference."""
    for name in NAMES:
        for parameter in deployed(name).parameters:
            assert "Secret" not in parameter or parameter.endswith(("Arn", "Revision"))
    serverless = deployed("serverless")
    for _, function in serverless.of("Lambda::Function"):
        variables = function["Environment"]["Variables"]
        for secret in ("API_KEYS", "LINK_KEYS", "WEBHOOK_SECRETS", "JWT_SECRET", "EVENTS_SECRET"):
            text = variables.get(f"HANDRAIL_{secret}", "{{resolve:secretsmanager:")
            assert text.startswith("{{resolve:secretsmanager:")
        assert function["KmsKeyArn"] == "<EnvironmentKey.Arn>"


def test_the_function_for_sockets_is_given_no_key_it_has_no_use_for() -> None:
    variables = deployed("serverless").properties("LiveFunction")["Environment"]["Variables"]

    assert "HANDRAIL_WEBHOOK_SECRETS" not in variables


def test_both_functions_know_the_same_credentials() -> None:
    """What one gives out, a ticket or a token, is shown to the other."""
    of_access = {variable_of(name) for name in AccessSettings.model_fields}
    signing_in = {name for name in of_access if "_JWT_" in name} | {
        "HANDRAIL_AUTH",
        "HANDRAIL_API_KEYS",
        "HANDRAIL_LINK_KEYS",
        "HANDRAIL_PUBLIC_URL",
    }
    serverless = deployed("serverless")
    http, live = (
        serverless.properties(f"{kind}Function")["Environment"]["Variables"]
        for kind in ("Http", "Live")
    )
    told = [{name: way[name] for name in signing_in & way.keys()} for way in (http, live)]
    assert told[0] == told[1]
    assert "HANDRAIL_LINK_KEYS" in told[0]


def test_the_balancer_is_idle_for_less_long_than_the_server_keeps_a_connection() -> None:
    template = deployed("container")
    idle_s = int(attributes(template, "Balancer", "LoadBalancerAttributes")[IDLE])

    assert idle_s < settings_of("container").keep_alive_s


def test_the_balancer_waits_for_the_longest_silent_answer_and_hears_every_heartbeat() -> None:
    template = deployed("container")
    idle_s = int(attributes(template, "Balancer", "LoadBalancerAttributes")[IDLE])

    assert idle_s > LONG_CALLS_S["StartSyncExecution"]
    assert idle_s > 2 * settings_of("container").ws_heartbeat_s


def test_a_task_has_the_time_to_end_in_order() -> None:
    settings = settings_of("container")
    ending_s = (
        max(settings.drain_delay_s, settings.graceful_timeout_s)  # callbacks in hand
        + settings.drain_window_s
        + settings.graceful_timeout_s
        + ServerConfig.shutdown_timeout
    )

    assert ending_s < container()["StopTimeout"] <= 120


def test_a_task_keeps_its_requests_for_as_long_as_they_take() -> None:
    default_s = load("container")["Parameters"]["DeregistrationDelayS"]["Default"]
    settings = settings_of("container")

    assert default_s >= settings.request_timeout_s + LONGEST_WAIT_S
    assert default_s >= settings.drain_window_s


def test_a_task_runs_as_the_image_says() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    task = container()
    (user,) = re.findall(r"^USER (\S+)$", dockerfile, re.MULTILINE)
    (port,) = re.findall(r"^EXPOSE (\d+)$", dockerfile, re.MULTILINE)
    (health,) = re.findall(r"HEALTHCHECK .*\\\n\s+CMD (\[.*\])$", dockerfile, re.MULTILINE)

    assert task["User"] == user
    assert task["PortMappings"][0]["ContainerPort"] == int(port)
    assert task["HealthCheck"]["Command"] == ["CMD", *json.loads(health)]
    assert task["ReadonlyRootFilesystem"]


def test_a_task_may_open_more_files_than_it_takes_sockets() -> None:
    settings = settings_of("container")
    (files,) = container()["Ulimits"]

    assert files["SoftLimit"] > 2 * settings.ws_max_sockets + settings.aws_pool_size


def test_all_tasks_together_stay_within_a_third_of_the_quota() -> None:
    parameters = load("container")["Parameters"]
    reads = float(parameters["HistoryReadsPerS"]["Default"])

    assert reads * parameters["MaxCount"]["Default"] <= 20 / 3


def test_six_busy_instances_of_a_function_do_too() -> None:
    reads = float(load("serverless")["Parameters"]["HistoryReadsPerS"]["Default"])

    assert 6 * reads <= 20 / 3


def test_a_tick_tells_half_a_minute_of_executions() -> None:
    assert limits(settings_of("LiveFunction")).executions_a_tick == 30


@pytest.mark.parametrize("way", ["LiveFunction", "container"])
def test_what_is_kept_of_histories_fits_half_of_the_memory(way: str) -> None:
    settings = settings_of(way)
    memory_mb = {
        "LiveFunction": deployed("serverless").properties("LiveFunction")["MemorySize"],
        "container": load("container")["Parameters"]["Memory"]["Default"],
    }

    kept = settings.live_max_watchers * settings.live_log_bytes * 1.7
    assert kept < memory_mb[way] * 1024**2 / 2


def test_an_outage_of_minutes_replaces_no_task() -> None:
    """ECS replaces what the load balancer finds unhealthy, and with it goes every socket."""
    group = deployed("container").properties("TargetGroup")

    assert group["HealthCheckPath"] == "/readyz"
    assert group["HealthCheckIntervalSeconds"] * group["UnhealthyThresholdCount"] >= 300


def test_the_queue_hides_a_message_for_six_times_as_long_as_the_function_may_take() -> None:
    template = deployed("serverless")
    queue, function = template.properties("NudgeQueue"), template.properties("LiveFunction")

    assert queue["VisibilityTimeout"] >= 6 * function["Timeout"]


def test_no_invocation_outlasts_the_wait_of_a_new_watch_for_its_subscription() -> None:
    timeout_s = deployed("serverless").properties("LiveFunction")["Timeout"]

    assert timedelta(seconds=timeout_s) < SETTLING


def test_the_queue_keeps_a_message_for_all_its_tries() -> None:
    queue = deployed("serverless").properties("NudgeQueue")
    tries = queue["RedrivePolicy"]["maxReceiveCount"]

    assert queue["MessageRetentionPeriod"] > tries * queue["VisibilityTimeout"]


def test_failures_in_a_batch_are_told_one_by_one() -> None:
    assert deployed("serverless").properties("NudgeSource")["FunctionResponseTypes"] == [
        "ReportBatchItemFailures"
    ]


def test_callbacks_are_hidden_for_long_enough_and_told_one_by_one() -> None:
    callbacks, serverless = deployed("callbacks"), deployed("serverless")
    queue, source = callbacks.properties("CallbacksQueue"), serverless.properties("CallbacksSource")
    function = serverless.properties(source["FunctionName"].strip("<>"))

    assert queue["VisibilityTimeout"] >= 6 * function["Timeout"]
    assert queue["MessageRetentionPeriod"] > 5 * queue["VisibilityTimeout"]
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    dead = callbacks.properties("CallbacksDeadLetters")
    assert dead["MessageRetentionPeriod"] > queue["MessageRetentionPeriod"]
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == "<CallbacksDeadLetters.Arn>"


def test_queues_of_callbacks_are_encrypted_by_one_key_or_the_other() -> None:
    for key, has in (("", "SqsManagedSseEnabled"), ("<key>", "KmsMasterKeyId")):
        template = deployed("callbacks", QueueKeyArn=key)
        for id in ("CallbacksQueue", "CallbacksDeadLetters"):
            named = template.properties(id).keys() & {"SqsManagedSseEnabled", "KmsMasterKeyId"}
            assert named == {has}


def test_a_queue_that_keeps_an_order_and_its_dead_letters_are_fifo_both() -> None:
    ordered, plain = deployed("callbacks", Fifo="true"), deployed("callbacks")
    for id in ("CallbacksQueue", "CallbacksDeadLetters"):
        assert ordered.properties(id)["FifoQueue"] is True
        assert ordered.properties(id)["QueueName"].endswith(".fifo")
        assert "FifoQueue" not in plain.properties(id)
        assert not plain.properties(id)["QueueName"].endswith(".fifo")
    # Two heartbeats of a task are alike, and both count.
    assert ordered.properties("CallbacksQueue")["ContentBasedDeduplication"] is False


def test_eventbridge_shows_its_key_where_the_service_looks_for_it() -> None:
    template = deployed("destination", PublicUrl="https://handrail.example")
    key = template.properties("Connection")["AuthParameters"]["ApiKeyAuthParameters"]
    destination = template.properties("Destination")
    [target] = template.properties("StatusChanges")["Targets"]

    assert key["ApiKeyName"] == EVENTS_KEY
    assert key["ApiKeyValue"] == "{{resolve:secretsmanager:<KeySecretArn>:SecretString}}"
    assert destination["InvocationEndpoint"] == f"https://handrail.example{STATUS_CHANGES}"
    assert destination["HttpMethod"] == "POST"
    assert target["Arn"] == "<Destination.Arn>"
    assert target["DeadLetterConfig"] == {"Arn": "<UnsentEvents.Arn>"}
    assert "InputTransformer" not in target
    most = load("destination")["Parameters"]["RatePerS"]
    assert most["Default"] == most["MaxValue"] == PER_S
    pattern = deployed("events").properties("StatusChanges")["EventPattern"]
    assert template.properties("StatusChanges")["EventPattern"] == pattern


def test_nudges_leave_room_for_sockets() -> None:
    parameters = load("serverless")["Parameters"]

    assert parameters["NudgeConcurrency"]["Default"] < parameters["LiveConcurrency"]["Default"]


def test_the_rest_function_answers_before_the_api_gives_up() -> None:
    timeout_s = deployed("serverless").properties("HttpFunction")["Timeout"]

    assert settings_of("HttpFunction").request_timeout_s < timeout_s < HTTP_API_TIMEOUT_S


def test_sockets_are_pinged_before_api_gateway_takes_them_for_dead() -> None:
    assert 2 * settings_of("LiveFunction").ws_heartbeat_s < IDLE_SOCKET_S


def test_links_name_the_api_that_answers_them() -> None:
    http, live = environments()["HttpFunction"], environments()["LiveFunction"]

    assert http["HANDRAIL_SOCKET_URL"] == live["HANDRAIL_SOCKET_URL"]
    assert live["HANDRAIL_SOCKET_ENDPOINT"] == live["HANDRAIL_SOCKET_URL"].replace("wss:", "https:")


def test_each_function_imports_what_its_own_events_need() -> None:
    assert settings_of("HttpFunction").preload == "http"
    assert settings_of("LiveFunction").preload == "live"


@pytest.mark.parametrize("name", ["serverless", "container"])
def test_the_table_is_the_one_the_service_is_tested_with(name: str) -> None:
    made = deployed(name).properties("Table")
    expected = table_of("any")

    for key in ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes"):
        assert made[key] == expected[key]
    assert made["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


@pytest.mark.parametrize("name", ["container", "serverless", "events", "push", "alarms"])
def test_what_a_template_takes_from_another_is_an_output_of_it(name: str) -> None:
    outputs = {output for each in NAMES for output in deployed(each).outputs}
    taken = [
        parameter
        for parameter, about in load(name)["Parameters"].items()
        if "serverless.yaml" in about.get("Description", "")
        or "container.yaml" in about.get("Description", "")
        or "push.yaml" in about.get("Description", "")
        or about.get("Description", "").startswith(("Of callbacks.yaml", "Of destination.yaml"))
        or "events.yaml" in about.get("Description", "")
        or parameter in ("StateMachineArns", "ExecutionArns", "TaskArns", "LogGroups")
    ]

    assert taken
    assert set(taken) <= outputs


def test_the_queue_of_the_rule_is_the_queue_of_the_function() -> None:
    queue = deployed("serverless").properties("NudgeQueue")["QueueName"]
    (rule,) = [rule for _, rule in deployed("events", NudgeQueueName=queue).of("Events::Rule")]

    assert rule["Targets"][0]["Arn"] == f"arn:aws:sqs:eu-west-1:111122223333:{queue}"


def test_the_rule_matches_the_status_changes_of_the_state_machines() -> None:
    sample = json.loads((ROOT / "tests/events/status_change_running.json").read_text("utf-8"))
    machine = sample["detail"]["stateMachineArn"]
    pattern = deployed("events", StateMachineArns=machine).properties("StatusChanges")[
        "EventPattern"
    ]

    assert sample["source"] in pattern["source"]
    assert sample["detail-type"] in pattern["detail-type"]
    assert machine in pattern["detail"]["stateMachineArn"]


def test_the_rule_of_the_stream_matches_them_too() -> None:
    rules = [
        next(rule for _, rule in deployed(name, StateMachineArns="<a>").of("Events::Rule"))
        for name in ("events", "push")
    ]

    assert rules[0]["EventPattern"] == rules[1]["EventPattern"]
    target = rules[1]["Targets"][0]
    assert target["KinesisParameters"] == {"PartitionKeyPath": "$.detail.executionArn"}


def test_a_log_group_has_a_subscription_of_its_lines_and_room_for_another() -> None:
    [(id, pushed)] = deployed("push", LogGroups="/states/orders").of("Logs::SubscriptionFilter")
    [(_, nudging)] = deployed("events").of("Logs::SubscriptionFilter")

    [(_, two)] = deployed("events", LogGroups="/states/two").of("Logs::SubscriptionFilter")
    assert two["LogGroupName"] == "/states/two"
    assert id == "SubscriptionLogGroups"
    assert pushed["LogGroupName"] == "/states/orders"
    assert pushed["FilterPattern"] == nudging["FilterPattern"]
    assert pushed["DestinationArn"] == "<Stream.Arn>"


def test_a_stream_has_as_many_shards_as_are_said_or_as_many_as_it_needs() -> None:
    provisioned = deployed("push", Shards="2").properties("Stream")
    on_demand = deployed("push", StreamMode="ON_DEMAND").properties("Stream")

    assert provisioned["ShardCount"] == "2"
    assert "ShardCount" not in on_demand
    for stream in (provisioned, on_demand):
        assert stream["StreamEncryption"]["EncryptionType"] == "KMS"


def test_the_stream_and_the_bus_are_for_whoever_wants_them() -> None:
    without = {"EventsStreamArn": "", "BusUrlSecretArn": "", "StateMachineKeyArns": ""}
    without |= {"CallbacksQueueArn": "", "NewsKeyArns": ""}
    bare = deployed("container", BusCache="false", TracesCollectorImage="", **without)
    (task,) = bare.properties("TaskDefinition")["ContainerDefinitions"]
    told = {each["Name"] for each in (*task["Environment"], *task["Secrets"])}

    assert not told & {"HANDRAIL_EVENTS_STREAM", "HANDRAIL_BUS_URL", "HANDRAIL_CALLBACKS_QUEUE"}
    assert not list(bare.of("ElastiCache::ServerlessCache"))
    actions = {action for action, _ in granted(bare, "TaskRole")}
    assert not {action for action in actions if action.startswith(("kinesis:", "kms:"))}


def test_the_cache_is_for_the_tasks_alone_and_takes_the_service_s_address() -> None:
    template = deployed("container")
    cache, group = template.properties("Cache"), template.properties("CacheSecurityGroup")
    (rule,) = group["SecurityGroupIngress"]
    way = template.properties("TasksToCache")

    assert cache["SecurityGroupIds"] == ["<CacheSecurityGroup>"]
    assert rule["SourceSecurityGroupId"] == way["GroupId"] == "<TaskSecurityGroup>"
    assert (rule["FromPort"], rule["ToPort"]) == (way["FromPort"], way["ToPort"])
    address = BusAddress.parse(CACHE)
    assert rule["FromPort"] <= address.port <= rule["ToPort"]
    assert (address.tls, address.cluster) == (True, True)
