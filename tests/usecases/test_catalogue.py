"""Names to state machines, asking AWS as rarely as it can be."""

import asyncio
import json
from pathlib import Path

import pytest

from handrail.core.aliases import Alias, Named, Route
from handrail.core.definition.substitution import fill
from handrail.core.errors import (
    ExecutionNotFound,
    InvalidDefinition,
    InvalidInput,
    ServiceError,
    StateMachineNotFound,
    Throttled,
    Unavailable,
    UnsupportedByEndpoint,
    UpstreamRefused,
)
from handrail.core.machine_patterns import MachinePatterns
from handrail.usecases.catalogue import MISS_INTERVAL_S, Catalogue
from handrail.usecases.machine_folder import FolderProblem, KnownMachine
from tests.fakes import (
    ACCOUNT,
    BEGIN,
    FakeClock,
    FakeStateMachines,
    machine,
    machine_arn,
    run_until_idle,
)

TTL_S = 60.0
SCHEMA = {"type": "object", "required": ["order"], "properties": {"order": {"type": "integer"}}}


class Setting:
    def __init__(
        self,
        *names: str,
        known: dict[str, KnownMachine] | None = None,
        looked_for_s: float = 0.0,
        served: str = "",
    ) -> None:
        self.clock = FakeClock()
        self.machines = FakeStateMachines(*map(machine, names))
        self.catalogue = Catalogue(
            self.machines,
            self.clock,
            ttl_s=TTL_S,
            looked_for_s=looked_for_s,
            known=known,
            served=MachinePatterns.parse(served),
        )

    def create(self, name: str) -> None:
        self.machines.machines[name] = machine(name)

    @property
    def listings(self) -> int:
        return self.machines.count("list_all")


async def test_machines_are_listed_by_name() -> None:
    setting = Setting("orders", "audit", "billing")
    listed = await setting.catalogue.list_all()
    assert [found.name for found, _ in listed] == ["audit", "billing", "orders"]


async def test_others_than_it_serves_are_not_there() -> None:
    setting = Setting("orders", "orders-prod", "billing-prod", served="*-prod")
    listed = await setting.catalogue.list_all()
    assert [found.name for found, _ in listed] == ["billing-prod", "orders-prod"]
    assert (await setting.catalogue.resolve("orders-prod:3")).name == "orders-prod"
    for other in ("orders", machine_arn("orders")):
        with pytest.raises(StateMachineNotFound):
            await setting.catalogue.resolve(other)
    with pytest.raises(ExecutionNotFound):
        await setting.catalogue.account("orders")
    assert await setting.catalogue.account("orders-prod") == await setting.catalogue.account()


async def test_a_listing_is_believed_for_its_time() -> None:
    setting = Setting("orders")
    await setting.catalogue.list_all()
    await setting.clock.advance(TTL_S - 1)
    await setting.catalogue.list_all()
    await setting.catalogue.resolve("orders")
    assert setting.listings == 1
    await setting.clock.advance(1)
    await setting.catalogue.list_all()
    assert setting.listings == 2


async def test_a_name_is_resolved_to_its_machine() -> None:
    setting = Setting("orders")
    assert (await setting.catalogue.resolve("orders")).arn == machine_arn("orders")


async def test_an_arn_is_resolved_where_it_is_one_of_here() -> None:
    setting = Setting("orders")
    assert (await setting.catalogue.resolve(machine_arn("orders"))).name == "orders"
    with pytest.raises(StateMachineNotFound):
        await setting.catalogue.resolve(machine_arn("orders").replace("eu-west-1", "us-east-1"))


async def test_a_missing_name_is_looked_for_again() -> None:
    setting = Setting("orders")
    await setting.catalogue.list_all()
    setting.create("audit")
    await setting.clock.advance(MISS_INTERVAL_S)
    assert (await setting.catalogue.resolve("audit")).name == "audit"
    assert setting.listings == 2


async def test_missing_names_cause_no_more_than_a_listing_each_half_second() -> None:
    setting = Setting("orders")
    for _ in range(40):
        with pytest.raises(StateMachineNotFound):
            await setting.catalogue.resolve("nothing")
        await setting.clock.advance(MISS_INTERVAL_S / 10)
    assert setting.listings == 4


async def test_callers_at_the_same_time_share_one_listing() -> None:
    setting = Setting("orders")
    setting.machines.hold()
    callers = [asyncio.create_task(setting.catalogue.resolve("orders")) for _ in range(50)]
    await run_until_idle()
    setting.machines.release()
    assert {found.name for found in await asyncio.gather(*callers)} == {"orders"}
    assert setting.listings == 1


async def test_one_who_gives_up_doesnt_take_the_listing_along() -> None:
    setting = Setting("orders")
    setting.machines.hold()
    hasty, patient = (asyncio.create_task(setting.catalogue.resolve("orders")) for _ in range(2))
    await run_until_idle()
    hasty.cancel()
    await run_until_idle()
    setting.machines.release()
    assert (await patient).name == "orders"
    assert setting.listings == 1


async def test_a_listing_nobody_waits_for_any_longer_may_fail_unheard() -> None:
    setting = Setting("orders")
    setting.machines.fail("list_all", Unavailable("gone"))
    setting.machines.hold()
    caller = asyncio.create_task(setting.catalogue.list_all())
    await run_until_idle()
    caller.cancel()
    await run_until_idle()
    setting.machines.release()
    await run_until_idle()
    assert len(await setting.catalogue.list_all()) == 1


async def test_a_failed_listing_is_everybodys_failure_and_nobodys_memory() -> None:
    setting = Setting("orders")
    setting.machines.fail("list_all", Unavailable("gone"))
    setting.machines.hold()
    callers = [asyncio.create_task(setting.catalogue.resolve("orders")) for _ in range(3)]
    await run_until_idle()
    setting.machines.release()
    answers = await asyncio.gather(*callers, return_exceptions=True)
    assert [type(answer) for answer in answers] == [Unavailable] * 3
    assert (await setting.catalogue.resolve("orders")).name == "orders"
    assert setting.listings == 2


async def test_a_machine_that_was_deleted_is_gone_with_the_next_listing() -> None:
    setting = Setting("orders", "audit")
    await setting.catalogue.list_all()
    del setting.machines.machines["audit"]
    await setting.clock.advance(TTL_S)
    with pytest.raises(StateMachineNotFound):
        await setting.catalogue.resolve("audit")


async def test_the_account_is_read_off_any_machine() -> None:
    setting = Setting("orders")
    assert await setting.catalogue.account() == ACCOUNT
    await setting.clock.advance(10 * TTL_S)
    assert await setting.catalogue.account() == ACCOUNT
    assert setting.listings == 1


async def test_an_account_without_machines_has_no_executions() -> None:
    setting = Setting()
    with pytest.raises(ExecutionNotFound):
        await setting.catalogue.account()
    setting.create("orders")
    await setting.clock.advance(MISS_INTERVAL_S)
    assert await setting.catalogue.account() == ACCOUNT


async def test_a_machine_is_described_with_its_definition_once_in_its_time() -> None:
    setting = Setting("orders")
    setting.machines.definitions["orders"] = (
        '{"Comment": "Ships", "StartAt": "Go", "States": {"Go": {"Type": "Pass", "End": true}}}'
    )
    described = await setting.catalogue.describe("orders")
    assert list(described.definition.states) == ["Go"]
    assert described.description == "Ships"
    assert await setting.catalogue.describe("orders") is described
    await setting.clock.advance(TTL_S)
    await setting.catalogue.describe("orders")
    assert setting.machines.count("describe") == 2


async def test_what_cant_be_described_isnt_remembered() -> None:
    setting = Setting("orders")
    setting.machines.fail("describe", Unavailable("gone"))
    with pytest.raises(Unavailable):
        await setting.catalogue.describe("orders")
    setting.machines.definitions["orders"] = "{"
    with pytest.raises(InvalidDefinition):
        await setting.catalogue.describe("orders")
    with pytest.raises(StateMachineNotFound):
        await setting.catalogue.describe("nothing")


async def test_descriptions_are_the_projects_own_or_the_definitions_once_read() -> None:
    known = {"orders": KnownMachine(description="Ships orders", input_schema=SCHEMA)}
    setting = Setting("audit", "orders", known=known)
    setting.machines.definitions["audit"] = (
        '{"Comment": "Audits", "StartAt": "Go", "States": {"Go": {"Type": "Pass", "End": true}}}'
    )
    assert [text for _, text in await setting.catalogue.list_all()] == [None, "Ships orders"]
    assert (await setting.catalogue.describe("orders")).input_schema == SCHEMA
    await setting.catalogue.describe("audit")
    assert [text for _, text in await setting.catalogue.list_all()] == ["Audits", "Ships orders"]


async def test_at_most_so_many_descriptions_are_kept() -> None:
    names = [f"m{number}" for number in range(300)]
    setting = Setting(*names)
    for name in names:
        await setting.catalogue.describe(name)
    await setting.catalogue.describe("m299")
    assert setting.machines.count("describe") == 300
    await setting.catalogue.describe("m0")
    assert setting.machines.count("describe") == 301


async def test_an_input_is_held_against_the_machines_schema() -> None:
    catalogue = Setting(known={"orders": KnownMachine(input_schema=SCHEMA)}).catalogue
    await catalogue.check_input("orders", '{"order":7}')
    with pytest.raises(InvalidInput) as caught:
        await catalogue.check_input("orders", '{"order":"seven"}')
    assert [error.path for error in caught.value.errors] == ["input.order"]


async def test_others_run_while_a_long_input_is_held_against_a_schema() -> None:
    item = {"type": "object", "required": ["a"], "properties": {"a": {"type": "number"}}}
    known = {"orders": KnownMachine(input_schema={"type": "array", "items": item})}
    catalogue, turns = Setting(known=known).catalogue, 0
    await catalogue.check_input("orders", "[]")  # imports the validator
    text = "[" + '{"a":1},' * 20_000 + "{}]"
    checking = asyncio.create_task(catalogue.check_input("orders", text))
    while not checking.done():
        await asyncio.sleep(0.001)
        turns += 1
    with pytest.raises(InvalidInput):
        await checking
    assert turns > 1


async def test_a_machine_without_a_schema_takes_anything() -> None:
    catalogue = Setting(known={"orders": KnownMachine()}).catalogue
    await catalogue.check_input("orders", "7")
    await catalogue.check_input("nothing", "[null]")


async def test_a_known_name_still_resolves_while_aws_cannot_be_asked() -> None:
    setting = Setting("orders")
    known = await setting.catalogue.resolve("orders")
    await setting.clock.advance(TTL_S)
    setting.machines.fail("list_all", Unavailable("gone"))
    assert await setting.catalogue.resolve("orders") == known


async def test_an_unknown_name_is_not_called_unknown_while_aws_cannot_be_asked() -> None:
    setting = Setting("orders")
    await setting.catalogue.resolve("orders")
    await setting.clock.advance(TTL_S)
    setting.machines.fail("list_all", Unavailable("gone"))
    with pytest.raises(Unavailable):
        await setting.catalogue.resolve("audit")


def with_versions() -> Setting:
    """`orders` with three versions and an alias that shifts from the second to the third."""
    setting = Setting("orders", "audit")
    machines = setting.machines
    machines.versions["orders"] = [Named(number, BEGIN) for number in "321"]
    machines.aliases["orders"] = [Alias("live", (Route("3", 10), Route("2", 90)), "For customers")]
    for number in "123":
        state = {"Type": "Pass", "End": True}
        whole = {"StartAt": f"V{number}", "States": {f"V{number}": state}}
        machines.definitions[f"orders:{number}"] = json.dumps(whole)
    return setting


@pytest.mark.parametrize("qualifier", ["3", "live", "unheard-of"])
async def test_a_version_or_an_alias_is_resolved_with_its_machine(qualifier: str) -> None:
    setting = with_versions()
    for reference in (f"orders:{qualifier}", f"{machine_arn('orders')}:{qualifier}"):
        found = await setting.catalogue.resolve(reference)
        assert (found.name, found.arn) == ("orders", machine_arn("orders"))
        assert found.qualified_arn == f"{machine_arn('orders')}:{qualifier}"
    assert (await setting.catalogue.resolve("orders")).qualifier is None


@pytest.mark.parametrize(
    "reference",
    ["nothing:3", "orders:", "orders:a:b", machine_arn("orders").replace("123", "999") + ":3"],
)
async def test_what_no_machine_is_behind_isnt_resolved(reference: str) -> None:
    with pytest.raises(StateMachineNotFound):
        await with_versions().catalogue.resolve(reference)


async def test_a_version_is_described_by_its_own_definition() -> None:
    setting = with_versions()
    for number in "13":
        described = await setting.catalogue.describe(f"orders:{number}")
        assert next(iter(described.definition.states)) == f"V{number}"
        assert described.machine.qualifier == number
        assert (described.alias, described.versions, described.aliases) == (None, None, None)
    assert (await setting.catalogue.describe("orders")).machine.qualifier is None


async def test_an_alias_is_described_by_what_most_of_its_starts_run() -> None:
    described = await with_versions().catalogue.describe("orders:live")
    assert next(iter(described.definition.states)) == "V2"
    assert described.alias == Alias("live", (Route("3", 10), Route("2", 90)), "For customers")
    assert described.description == "For customers"


async def test_a_machine_is_described_with_its_versions_and_aliases() -> None:
    setting = with_versions()
    described = await setting.catalogue.describe("orders")
    assert [each.qualifier for each in described.versions or ()] == ["3", "2", "1"]
    assert [each.qualifier for each in described.aliases or ()] == ["live"]
    await setting.catalogue.describe("orders")
    assert (setting.machines.count("list_versions"), setting.machines.count("describe")) == (1, 1)


@pytest.mark.parametrize(
    "error", [UnsupportedByEndpoint("no"), UpstreamRefused("no"), Throttled("no")]
)
async def test_where_aws_says_no_versions_the_rest_is_told(error: ServiceError) -> None:
    setting = with_versions()
    setting.machines.fail("list_versions", error)
    described = await setting.catalogue.describe("orders")
    assert described.versions is None
    assert described.aliases is not None


@pytest.mark.parametrize("qualifier", ["7", "test"])
async def test_a_version_or_an_alias_that_isnt_there_is_named(qualifier: str) -> None:
    with pytest.raises(StateMachineNotFound) as caught:
        await with_versions().catalogue.describe(f"orders:{qualifier}")
    told = f"The state machine orders has no version or alias {qualifier}."
    assert caught.value.detail == told


@pytest.mark.parametrize(
    "template",
    ["orders-${ENVIRONMENT}", "orders-${ENVIRONMENT}-${REGION}", "${PARTITION}.${ACCOUNT_ID}"],
)
async def test_a_file_is_found_by_the_name_it_is_deployed_under(template: str) -> None:
    account = {"REGION": "eu-west-1", "PARTITION": "aws", "ACCOUNT_ID": "123456789012"}
    name = fill(template, {**account, "ENVIRONMENT": "prod"})
    setting = Setting(name, known={template: KnownMachine("Takes orders", SCHEMA)})
    setting.catalogue.environment = "prod"
    assert await setting.catalogue.list_all() == [(machine(name), "Takes orders")]
    with pytest.raises(InvalidInput):
        await setting.catalogue.check_input(name, "{}")


async def test_a_name_that_aws_doesn_t_list_yet_is_looked_for() -> None:
    """It may have been deployed a moment ago, and lists lag."""
    setting = Setting("orders", looked_for_s=3.0)
    asking = asyncio.create_task(setting.catalogue.resolve("new"))
    await setting.clock.advance(1.5)
    assert not asking.done()
    setting.create("new")
    await setting.clock.advance(1)
    assert (await asking).name == "new"


async def test_one_that_is_never_listed_is_missing_after_its_time() -> None:
    setting = Setting("orders", looked_for_s=3.0)
    asking = asyncio.create_task(setting.catalogue.resolve("none"))
    await setting.clock.advance(2.9)
    assert not asking.done()
    await setting.clock.advance(0.2)
    with pytest.raises(StateMachineNotFound):
        await asking
    assert setting.listings <= 6


async def test_what_the_files_say_anew_is_in_force_at_once(tmp_path: Path) -> None:
    setting = Setting("orders", known={"orders": KnownMachine("old", SCHEMA)})
    await setting.catalogue.list_all()
    with pytest.raises(InvalidInput):
        await setting.catalogue.check_input("orders", "{}")
    setting.create("audit")
    problem = FolderProblem(tmp_path / "billing", "It is broken.", "billing")
    setting.catalogue.learn({"orders": KnownMachine("new", {"type": "object"})}, [problem])
    await setting.catalogue.check_input("orders", "{}")
    listed = {found.name: told for found, told in await setting.catalogue.list_all()}
    assert listed.keys() == {"audit", "orders"}
    assert listed["orders"] == "new"
    with pytest.raises(StateMachineNotFound, match=r"It is broken\."):
        await setting.catalogue.resolve("billing")
