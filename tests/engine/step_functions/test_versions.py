"""Versions and aliases are published, pointed to, started and refused as on AWS."""

import json
from typing import Any

import pytest

from tests.engine.engine_fixture import PASS, ROLE_ARN, Calls, one_state, refusal, types

pytestmark = pytest.mark.asyncio(loop_scope="session")


def telling(text: str) -> Any:
    return one_state(Type="Pass", Result=text)


async def published(calls: Calls, *texts: str) -> tuple[str, list[str]]:
    """A machine's ARN, and those of a version for each of these results, in their order."""
    machine = await calls.create(telling("none"))
    versions = []
    for text in texts:
        answer = await calls.sfn.update_state_machine(
            stateMachineArn=machine, definition=json.dumps(telling(text)), publish=True
        )
        versions.append(answer["stateMachineVersionArn"])
    await calls.sfn.update_state_machine(
        stateMachineArn=machine, definition=json.dumps(telling("newest"))
    )
    return machine, versions


async def alias(calls: Calls, name: str, routes: dict[str, int]) -> str:
    routing = [{"stateMachineVersionArn": arn, "weight": routes[arn]} for arn in routes]
    answer = await calls.sfn.create_state_machine_alias(name=name, routingConfiguration=routing)
    return str(answer["stateMachineAliasArn"])


async def test_versions_are_numbered_and_listed_newest_first(calls: Calls) -> None:
    machine, versions = await published(calls, "a", "b", "c")
    assert versions == [f"{machine}:{number}" for number in (1, 2, 3)]
    answer = await calls.sfn.list_state_machine_versions(stateMachineArn=machine)
    listed = [item["stateMachineVersionArn"] for item in answer["stateMachineVersions"]]
    assert listed == versions[::-1]
    first = await calls.sfn.list_state_machine_versions(stateMachineArn=machine, maxResults=2)
    rest = await calls.sfn.list_state_machine_versions(
        stateMachineArn=machine, maxResults=2, nextToken=first["nextToken"]
    )
    assert [len(page["stateMachineVersions"]) for page in (first, rest)] == [2, 1]


async def test_an_unchanged_revision_has_one_version(calls: Calls) -> None:
    machine = await calls.create(PASS, publish=True)
    publish = calls.sfn.publish_state_machine_version
    first = await publish(stateMachineArn=machine, revisionId="INITIAL")
    assert first["stateMachineVersionArn"] == f"{machine}:1"
    updating = {"stateMachineArn": machine, "definition": json.dumps(telling("other"))}
    updated = await calls.sfn.update_state_machine(**updating)
    assert (await calls.sfn.update_state_machine(**updating))["revisionId"] == updated["revisionId"]
    for revision in ({}, {"revisionId": updated["revisionId"]}, {}):
        answer = await publish(stateMachineArn=machine, **revision)
        assert answer["stateMachineVersionArn"] == f"{machine}:2"
    described = await calls.sfn.describe_state_machine(stateMachineArn=machine)
    assert described["revisionId"] == updated["revisionId"]


async def test_another_revision_than_the_current_one_isnt_published(calls: Calls) -> None:
    machine, _ = await published(calls, "a")
    publish = calls.sfn.publish_state_machine_version
    for revision in ("INITIAL", "another"):
        refused = await refusal(publish(stateMachineArn=machine, revisionId=revision))
        assert refused[0] == "ConflictException"


async def test_a_machine_is_created_with_its_first_version(calls: Calls) -> None:
    asked = {"name": "published", "definition": json.dumps(PASS), "roleArn": ROLE_ARN}
    created = await calls.sfn.create_state_machine(**asked, publish=True, versionDescription="one")
    arn = created["stateMachineVersionArn"]
    assert arn == f"{created['stateMachineArn']}:1"
    assert (await calls.sfn.describe_state_machine(stateMachineArn=arn))["description"] == "one"


async def test_a_version_keeps_its_definition(calls: Calls) -> None:
    machine, versions = await published(calls, "a", "b")
    for arn, text in [*zip(versions, "ab", strict=True), (machine, "newest")]:
        shown = await calls.sfn.describe_state_machine(stateMachineArn=arn)
        assert (shown["stateMachineArn"], shown["status"]) == (arn, "ACTIVE")
        assert json.loads(shown["definition"]) == telling(text)


async def test_an_execution_runs_the_version_it_is_started_by(calls: Calls) -> None:
    machine, versions = await published(calls, "a", "b")
    live = await alias(calls, "live", {versions[0]: 100})
    for by, version, by_alias, text in (
        (machine, None, None, "newest"),
        (versions[1], versions[1], None, "b"),
        (live, versions[0], live, "a"),
    ):
        arn = await calls.start(by)
        ended = await calls.ended(arn)
        assert json.loads(ended["output"]) == text
        assert ended["stateMachineArn"] == machine
        assert ended.get("stateMachineVersionArn") == version
        assert ended.get("stateMachineAliasArn") == by_alias
        [started] = [e for e in await calls.history(arn) if e["type"] == "ExecutionStarted"]
        details = started["executionStartedEventDetails"]
        assert details.get("stateMachineVersionArn") == version
        assert details.get("stateMachineAliasArn") == by_alias
        runs = await calls.sfn.describe_state_machine_for_execution(executionArn=arn)
        assert json.loads(runs["definition"]) == telling(text)
        assert runs["stateMachineArn"] == machine


async def test_executions_are_listed_by_what_started_them(calls: Calls) -> None:
    machine, versions = await published(calls, "a")
    live = await alias(calls, "live", {versions[0]: 100})
    for by, name in ((machine, "plain"), (versions[0], "version"), (live, "alias")):
        await calls.start(by, name=name)
    names = {}
    for by in (machine, versions[0], live):
        answer = await calls.sfn.list_executions(stateMachineArn=by)
        names[by] = {item["name"] for item in answer["executions"]}
    assert names == {
        machine: {"plain", "version", "alias"},
        versions[0]: {"version", "alias"},
        live: {"alias"},
    }
    [item] = (await calls.sfn.list_executions(stateMachineArn=live))["executions"]
    assert (item["stateMachineVersionArn"], item["stateMachineAliasArn"]) == (versions[0], live)


async def test_one_name_is_one_execution_by_whatever_it_is_started(calls: Calls) -> None:
    machine = await calls.create(one_state(Type="Wait", Seconds=600), publish=True)
    arns = {await calls.start(by, name="one") for by in (machine, f"{machine}:1")}
    assert len(arns) == 1
    other = calls.start(f"{machine}:1", {"other": 1}, name="one")
    assert (await refusal(other))[0] == "ExecutionAlreadyExists"


async def test_starts_by_an_alias_are_shared_by_weight(calls: Calls) -> None:
    _, versions = await published(calls, "a", "b")
    live = await alias(calls, "live", {versions[0]: 50, versions[1]: 50})
    ran = set()
    for _ in range(64):
        ran.add((await calls.ended(await calls.start(live)))["output"])
    assert ran == {'"a"', '"b"'}
    await calls.sfn.update_state_machine_alias(
        stateMachineAliasArn=live,
        routingConfiguration=[
            {"stateMachineVersionArn": versions[0], "weight": 0},
            {"stateMachineVersionArn": versions[1], "weight": 100},
        ],
    )
    for _ in range(8):
        assert (await calls.ended(await calls.start(live)))["output"] == '"b"'


async def test_an_express_machine_runs_by_its_alias(calls: Calls) -> None:
    machine = await calls.create(telling("fast"), type="EXPRESS", publish=True)
    live = await alias(calls, "live", {f"{machine}:1": 100})
    ran = await calls.sfn.start_sync_execution(stateMachineArn=live)
    assert (ran["status"], ran["output"]) == ("SUCCEEDED", '"fast"')


async def test_a_redriven_execution_runs_its_version_again(calls: Calls) -> None:
    failing = one_state(Type="Pass", Parameters={"x.$": "States.StringToJson($.text)"})
    machine = await calls.create(failing, publish=True)
    await calls.sfn.update_state_machine(
        stateMachineArn=machine, definition=json.dumps(telling("mended"))
    )
    arn = await calls.start(f"{machine}:1", {"text": "{"})
    assert (await calls.ended(arn))["status"] == "FAILED"
    await calls.sfn.redrive_execution(executionArn=arn)
    ended = await calls.ended(arn)
    assert (ended["status"], ended["stateMachineVersionArn"]) == ("FAILED", f"{machine}:1")
    assert "ExecutionRedriven" in types(await calls.history(arn))


async def test_an_alias_is_described_and_deleted(calls: Calls) -> None:
    machine, versions = await published(calls, "a", "b")
    live = await alias(calls, "live", {versions[0]: 90, versions[1]: 10})
    await alias(calls, "test.1-a_", {versions[1]: 100})
    shown = await calls.sfn.describe_state_machine_alias(stateMachineAliasArn=live)
    assert (shown["name"], shown["stateMachineAliasArn"]) == ("live", f"{machine}:live")
    assert [route["weight"] for route in shown["routingConfiguration"]] == [90, 10]
    listing = calls.sfn.list_state_machine_aliases
    names = {}
    for arn in (machine, *versions):
        found = (await listing(stateMachineArn=arn))["stateMachineAliases"]
        names[arn] = [item["stateMachineAliasArn"].rpartition(":")[2] for item in found]
    assert names == {
        machine: ["test.1-a_", "live"],
        versions[0]: ["live"],
        versions[1]: ["test.1-a_", "live"],
    }
    await calls.sfn.delete_state_machine_alias(stateMachineAliasArn=live)
    for call in (
        calls.sfn.describe_state_machine_alias(stateMachineAliasArn=live),
        calls.sfn.delete_state_machine_alias(stateMachineAliasArn=live),
        calls.sfn.update_state_machine_alias(stateMachineAliasArn=live, description="gone"),
    ):
        assert (await refusal(call))[0] == "ResourceNotFound"
    assert (await refusal(calls.start(live)))[0] == "StateMachineDoesNotExist"


async def test_an_alias_is_made_once_and_not_replaced_by_another(calls: Calls) -> None:
    _, versions = await published(calls, "a", "b")
    assert await alias(calls, "live", {versions[0]: 100}) == await alias(
        calls, "live", {versions[0]: 100}
    )
    assert (await refusal(alias(calls, "live", {versions[1]: 100})))[0] == "ConflictException"


async def test_an_alias_needs_routes_that_there_are(calls: Calls) -> None:
    machine, versions = await published(calls, "a", "b", "c")
    _, [others] = await published(calls, "other")
    for name, routes, code in (
        ("live", {versions[0]: 90}, "ValidationException"),
        ("live", {versions[0]: 90, versions[1]: 20}, "ValidationException"),
        ("live", {versions[0]: 50, others: 50}, "ValidationException"),
        ("live", {f"{machine}:9": 100}, "ResourceNotFound"),
        ("live", {machine: 100}, "ResourceNotFound"),
        ("1", {versions[0]: 100}, "ValidationException"),
        ("a b", {versions[0]: 100}, "ValidationException"),
    ):
        assert (await refusal(alias(calls, name, routes)))[0] == code
    live = await alias(calls, "live", {versions[0]: 100})
    nothing = calls.sfn.update_state_machine_alias(stateMachineAliasArn=live)
    assert (await refusal(nothing))[0] == "ValidationException"
    foreign = calls.sfn.update_state_machine_alias(
        stateMachineAliasArn=live,
        routingConfiguration=[{"stateMachineVersionArn": others, "weight": 100}],
    )
    assert (await refusal(foreign))[0] == "ValidationException"


async def test_a_version_that_an_alias_points_to_isnt_deleted(calls: Calls) -> None:
    machine, versions = await published(calls, "a", "b")
    live = await alias(calls, "live", {versions[0]: 100})
    delete = calls.sfn.delete_state_machine_version
    assert (await refusal(delete(stateMachineVersionArn=versions[0])))[0] == "ConflictException"
    await calls.sfn.delete_state_machine_alias(stateMachineAliasArn=live)
    for _ in range(2):
        await delete(stateMachineVersionArn=versions[0])
    for call in (
        calls.start(versions[0]),
        calls.sfn.describe_state_machine(stateMachineArn=versions[0]),
    ):
        assert (await refusal(call))[0] == "StateMachineDoesNotExist"
    again = await calls.sfn.publish_state_machine_version(stateMachineArn=machine)
    assert again["stateMachineVersionArn"] == f"{machine}:3"  # a number isn't used again


async def test_a_deleted_newest_version_is_published_anew(calls: Calls) -> None:
    machine = await calls.create(PASS, publish=True)
    await calls.sfn.delete_state_machine_version(stateMachineVersionArn=f"{machine}:1")
    again = await calls.sfn.publish_state_machine_version(stateMachineArn=machine)
    assert again["stateMachineVersionArn"] == f"{machine}:2"


async def test_only_the_machine_itself_is_updated_and_deleted(calls: Calls) -> None:
    _, [version] = await published(calls, "a")
    for call in (
        calls.sfn.update_state_machine(stateMachineArn=version, definition=json.dumps(PASS)),
        calls.sfn.delete_state_machine(stateMachineArn=version),
        calls.sfn.publish_state_machine_version(stateMachineArn=version),
    ):
        assert (await refusal(call))[0] == "ValidationException"


async def test_a_description_needs_a_version_to_describe(calls: Calls) -> None:
    machine = await calls.create(PASS)
    update = calls.sfn.update_state_machine
    described = update(
        stateMachineArn=machine, definition=json.dumps(PASS), versionDescription="of none"
    )
    assert (await refusal(described))[0] == "ValidationException"
    assert (await refusal(update(stateMachineArn=machine)))[0] == "MissingRequiredParameter"
