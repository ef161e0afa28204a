import json
from contextlib import AsyncExitStack

import aioboto3
import pytest

from handrail.engine.engine import Engine
from tests.engine.engine_fixture import WAIT, Calls, eventually, one_state, types
from tests.engine.step_functions.test_tasks import waiting_task

from .task_runs import failures, outputs, task
from .test_failures_names import caught

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_nested_execution_ends_its_task(calls: Calls) -> None:
    inner = await calls.create(waiting_task())
    outer = task("states:startExecution.sync:2", {"StateMachineArn": inner, "Name": "the-inner"})
    arn = await calls.start(await calls.create(outer))
    events = await calls.reached(arn, "TaskSubmitted")
    [submitted] = [e["taskSubmittedEventDetails"] for e in events if e["type"] == "TaskSubmitted"]
    inner_arn = json.loads(submitted["output"])["ExecutionArn"]
    await calls.sfn.send_task_success(
        taskToken=await calls.task_token(inner_arn), output='{"done":"ü"}'
    )
    output = json.loads((await calls.ended(arn))["output"])
    assert (output["Status"], output["Output"]) == ("SUCCEEDED", {"done": "ü"})
    assert types(await calls.history(arn))[-3:] == [
        "TaskSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ]


async def test_the_output_is_a_text_or_json_by_the_pattern(calls: Calls) -> None:
    start = {"StateMachineArn": await calls.create(one_state(Type="Pass", Result={"a": 1}))}
    text, parsed = await outputs(
        calls,
        task("states:startExecution.sync", start),
        task("states:startExecution.sync:2", start),
    )
    assert (text["Output"], parsed["Output"]) == ('{"a":1}', {"a": 1})
    assert (text["Input"], parsed["Input"]) == ("{}", {})


async def test_a_nested_execution_that_fails_fails_the_task(calls: Calls) -> None:
    inner = await calls.create(one_state(Type="Fail", Error="Broken", Cause="so"))
    start = {"StateMachineArn": inner}
    failed = await failures(
        calls,
        task("states:startExecution.sync", start),
        task("states:startExecution.sync:2", start),
    )
    for error, cause in failed:
        assert error == "States.TaskFailed"
        told = json.loads(cause)
        assert list(told) == sorted(told)
        assert (told["Status"], told["Error"], told["Cause"]) == ("FAILED", "Broken", "so")
        assert isinstance(told["StopDate"], int)


@pytest.mark.parametrize("output", ['{"a":1}', "null", None])
async def test_who_has_the_token_may_answer_for_the_job(calls: Calls, output: str | None) -> None:
    inner = await calls.create(WAIT)
    start = {"StateMachineArn": inner, "Input": {"token.$": "$$.Task.Token"}}
    arn = await calls.start(await calls.create(task("states:startExecution.sync:2", start)))
    events = await calls.reached(arn, "TaskSubmitted")
    [scheduled] = [each for e in events if (each := e.get("taskScheduledEventDetails"))]
    token = json.loads(scheduled["parameters"])["Input"]["token"]
    if output:
        await calls.sfn.send_task_success(taskToken=token, output=output)
    else:
        await calls.sfn.send_task_failure(taskToken=token, error="Told")
    ended = await calls.ended(arn)
    assert ended.get("output") == output
    assert ended.get("error") == (None if output else "Told")
    [nested] = (await calls.sfn.list_executions(stateMachineArn=inner))["executions"]
    assert nested["status"] == "RUNNING"


async def test_a_stop_stops_the_nested_execution_too(calls: Calls) -> None:
    inner = await calls.create(WAIT)
    arn = await calls.start(
        await calls.create(task("states:startExecution.sync", {"StateMachineArn": inner}))
    )
    await calls.reached(arn, "TaskSubmitted")
    await calls.sfn.stop_execution(executionArn=arn)
    assert (await calls.ended(arn))["status"] == "ABORTED"
    assert types(await calls.history(arn))[-1] == "ExecutionAborted"
    [nested] = (await calls.sfn.list_executions(stateMachineArn=inner))["executions"]
    assert (await calls.ended(nested["executionArn"]))["status"] == "ABORTED"


async def test_a_sibling_that_fails_stops_the_nested_execution(calls: Calls) -> None:
    inner = await calls.create(WAIT)
    job = task("states:startExecution.sync", {"StateMachineArn": inner})
    fails = task("sqs:sendMessage.waitForTaskToken", waiting_task()["States"]["A"]["Parameters"])
    branches = [
        {"StartAt": name, "States": {name: one["States"]["A"]}}
        for name, one in (("Job", job), ("Fails", fails))
    ]
    both = one_state(Type="Parallel", Branches=branches)
    arn = await calls.start(await calls.create(both))

    async def submitted() -> bool | None:
        seen = types(await calls.history(arn))
        return True if seen.count("TaskSubmitted") == 2 else None

    await eventually(submitted)
    events = await calls.history(arn)
    [token] = [
        json.loads(each["parameters"])["MessageBody"]["token"]
        for event in events
        if (each := event.get("taskScheduledEventDetails")) and each["resourceType"] == "sqs"
    ]
    await calls.sfn.send_task_failure(taskToken=token, error="Broken")
    assert (await calls.ended(arn))["error"] == "Broken"
    [nested] = (await calls.sfn.list_executions(stateMachineArn=inner))["executions"]
    assert (await calls.ended(nested["executionArn"]))["status"] == "ABORTED"


async def test_a_job_that_takes_too_long_is_a_timeout_and_nothing_follows(calls: Calls) -> None:
    inner = await calls.create(WAIT)
    job = task("states:startExecution.sync", {"StateMachineArn": inner}, TimeoutSeconds=1)
    ended = await calls.run(caught(job, "States.Timeout"))
    assert json.loads(ended["output"]) == {"Error": "States.Timeout", "Cause": ""}
    seen = types(await calls.history(ended["executionArn"]))
    assert "TaskTimedOut" in seen
    assert "TaskSucceeded" not in seen
    [nested] = (await calls.sfn.list_executions(stateMachineArn=inner))["executions"]
    assert nested["status"] == "RUNNING", "a timeout stops nothing"


async def test_a_job_that_moto_makes_up_ends_without_a_pause(calls: Calls, engine: Engine) -> None:
    session = aioboto3.Session(engine.access_key_id, engine.secret_access_key)
    async with AsyncExitStack() as stack:
        ecs, ec2 = [
            await stack.enter_async_context(
                session.client(name, region_name=engine.region, endpoint_url=engine.endpoint_url)
            )
            for name in ("ecs", "ec2")
        ]
        await ecs.create_cluster(clusterName="jobs")
        await ecs.register_task_definition(
            family="job",
            containerDefinitions=[{"name": "n", "image": "busybox", "memory": 100}],
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
        )
        subnet = (await ec2.describe_subnets())["Subnets"][0]["SubnetId"]
    inside = {"AwsvpcConfiguration": {"Subnets": [subnet], "SecurityGroups": []}}
    run = {"Cluster": "jobs", "TaskDefinition": "job", "LaunchType": "FARGATE"}
    [done] = await outputs(calls, task("ecs:runTask.sync", run | {"NetworkConfiguration": inside}))
    assert (done["LastStatus"], done["StartedBy"]) == ("STOPPED", "AWS Step Functions")
