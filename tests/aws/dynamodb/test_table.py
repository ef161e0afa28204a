"""The table: conditions as answers, pages and batches to their end, and AWS's failures in our
terms."""

import pytest
from structlog.testing import capture_logs

from handrail.aws.breaker import Breakers
from handrail.aws.calls import AwsCalls
from handrail.aws.clients import AwsConfig, open_clients
from handrail.aws.dynamodb.expressions import Write
from handrail.aws.dynamodb.table import ATTEMPTS, LONGEST_PAUSE_S, Table, Unmet
from handrail.core.errors import ServiceError, Throttled, Unavailable, UpstreamRefused
from tests.aws.conftest import GatewayClients, HastyClock
from tests.gateway_table import Storage
from tests.stubs.faults import Faults

pytestmark = pytest.mark.asyncio(loop_scope="session")

KEY = ("p", "s")
ABSENT = "attribute_not_exists(#pk)"


async def fill(table: Table, count: int, *, pk: str = "p", **members: object) -> None:
    for number in range(count):
        await table.write(Write.put((pk, f"{number:03}"), {**members, "number": number}))


async def test_what_was_put_is_there(table: Table) -> None:
    assert await table.write(Write.put(KEY, {"a": {"b": [1, True, "x"]}})) is None
    assert await table.get(KEY) == {"pk": "p", "sk": "s", "a": {"b": [1, True, "x"]}}


async def test_what_isnt_there_is_none(table: Table) -> None:
    assert await table.get(KEY) is None
    assert await table.pop(KEY) is None


async def test_a_condition_that_doesnt_hold_is_an_answer_with_what_stood_there(
    table: Table,
) -> None:
    await table.write(Write.put(KEY, {"a": 1}))
    unmet = await table.write(Write.put(KEY, {"a": 2}, when=ABSENT))
    assert unmet == Unmet({"pk": "p", "sk": "s", "a": 1})
    assert await table.write(Write.delete(("p", "t"), when="#a = :a", a=1)) == Unmet(None)


async def test_an_item_is_popped_once(table: Table) -> None:
    await table.write(Write.put(KEY, {"a": 1}))
    assert await table.pop(KEY) == {"pk": "p", "sk": "s", "a": 1}
    assert await table.pop(KEY) is None


async def test_a_transaction_is_all_or_nothing(table: Table) -> None:
    other, put = ("p", "t"), Write.put(KEY, {"a": 1}, when=ABSENT)
    assert await table.transact(put, Write.put(other, {})) == [None, None]
    again = await table.transact(put, Write.delete(other))
    assert again == [Unmet({"pk": "p", "sk": "s", "a": 1}), None]
    assert await table.get(other) is not None


async def test_pages_are_followed_to_the_end(faulty: Table, faults: Faults, table: Table) -> None:
    await fill(table, 3)
    last = {"pk": {"S": "p"}, "sk": {"S": "000"}}
    first = {"Items": [{"n": {"N": "7"}}], "LastEvaluatedKey": last}
    faults.answer_next("Query", first)
    faults.answer_next("Query", {"Items": [], "LastEvaluatedKey": last})
    pages = [page async for page in faulty.pages("#pk = :pk", pk="p")]
    assert [[item.get("number") for item in page] for page in pages] == [[None], [1, 2]]
    assert [asked["ConsistentRead"] for _, asked in faults.asked] == [True, True, True]


async def test_what_is_due_comes_longest_due_first(table: Table) -> None:
    for number, at in enumerate((30, 10, 20, 40)):
        await table.write(Write.put(("p", str(number)), {"due_kind": "a", "due_at": at}))
    await table.write(Write.put(("p", "9"), {"due_kind": "b", "due_at": 15}))
    pages = [page async for page in table.due("a", since=10, until=30, limit=2)]
    assert all(len(page) <= 2 for page in pages)
    found = [key for page in pages for key in page]
    assert found == [("p", "1"), ("p", "2"), ("p", "0")]


async def test_more_than_a_batch_is_read_and_deleted(table: Table, faults: Faults) -> None:
    await fill(table, 60)
    keys = [("p", f"{number:03}") for number in range(130)]
    assert len(await table.get_all(keys)) == 60
    await table.delete_all(keys[:59])
    assert list(await table.get_all(keys)) == [("p", "059")]


async def test_what_a_batch_leaves_over_is_asked_for_again(
    faulty: Table, faults: Faults, table: Table, table_name: str, clock: HastyClock
) -> None:
    await fill(table, 2)
    keys = [("p", "000"), ("p", "001")]
    rest = {"Keys": [{"pk": {"S": "p"}, "sk": {"S": "001"}}]}
    faults.answer_next("BatchGetItem", {"Responses": {}, "UnprocessedKeys": {table_name: rest}})
    assert list(await faulty.get_all(keys)) == [("p", "001")]
    left = [{"DeleteRequest": {"Key": {"pk": {"S": "p"}, "sk": {"S": "000"}}}}]
    faults.answer_next("BatchWriteItem", {"UnprocessedItems": {table_name: left}})
    await faulty.delete_all(keys)
    assert list(await table.get_all(keys)) == [("p", "001")]
    assert clock.slept == [0.02, 0.02]


async def test_a_batch_that_is_never_done_is_a_throttle(
    faulty: Table, faults: Faults, table_name: str
) -> None:
    rest = {"Keys": [{"pk": {"S": "p"}, "sk": {"S": "s"}}]}
    for _ in range(ATTEMPTS):
        faults.answer_next("BatchGetItem", {"Responses": {}, "UnprocessedKeys": {table_name: rest}})
    with pytest.raises(Throttled):
        await faulty.get_all([KEY])


CANCELLED = "TransactionCanceledException"


@pytest.mark.parametrize("code", ["TransactionConflictException", CANCELLED])
async def test_what_a_transaction_holds_is_asked_for_again(
    faulty: Table, faults: Faults, table: Table, clock: HastyClock, code: str
) -> None:
    reasons = [{"Code": "TransactionConflict"}, {"Code": "None"}]
    operation = "UpdateItem" if code != CANCELLED else "TransactWriteItems"
    faults.fail_next(operation, code, times=3, CancellationReasons=reasons)
    change = Write.update(KEY, "SET #a = :a", a=1)
    if code == CANCELLED:
        assert await faulty.transact(change, Write.delete(("p", "t"))) == [None, None]
    else:
        assert await faulty.write(change) is None
    assert await table.get(KEY) is not None
    assert clock.slept == [0.02, 0.04, 0.08]


async def test_what_is_held_for_too_long_is_a_throttle(
    faulty: Table, faults: Faults, clock: HastyClock
) -> None:
    faults.fail_next("PutItem", "TransactionConflictException", times=ATTEMPTS)
    with pytest.raises(Throttled):
        await faulty.write(Write.put(KEY, {}))
    assert max(clock.slept) == LONGEST_PAUSE_S / 2


@pytest.mark.parametrize("code", ["ThrottlingError", "ProvisionedThroughputExceeded"])
async def test_a_transaction_cancelled_by_a_throttle_is_one(
    faulty: Table, faults: Faults, code: str
) -> None:
    reasons = [{"Code": code, "Message": "no"}, {"Code": "ConditionalCheckFailed"}]
    faults.fail_next("TransactWriteItems", CANCELLED, CancellationReasons=reasons)
    with pytest.raises(Throttled):
        await faulty.transact(Write.put(KEY, {}), Write.delete(("p", "t")))


async def test_a_transaction_cancelled_for_no_known_reason_is_told_to_the_operator(
    faulty: Table, faults: Faults
) -> None:
    reasons = [{"Code": "ValidationError", "Message": "a value"}]
    faults.fail_next("TransactWriteItems", CANCELLED, CancellationReasons=reasons)
    with capture_logs() as logs, pytest.raises(UpstreamRefused):
        await faulty.transact(Write.put(KEY, {}))
    assert "a value" not in str(logs)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ProvisionedThroughputExceededException", Throttled),
        ("RequestLimitExceeded", Throttled),
        ("ThrottlingException", Throttled),
        ("AccessDeniedException", UpstreamRefused),
        ("ResourceNotFoundException", UpstreamRefused),
        ("ValidationException", UpstreamRefused),
    ],
)
async def test_dynamodb_s_failures_are_told_in_our_terms(
    faulty: Table, faults: Faults, code: str, error: type[ServiceError]
) -> None:
    faults.fail_next("GetItem", code)
    with pytest.raises(ServiceError) as caught:
        await faulty.get(KEY)
    assert type(caught.value) is error


async def test_a_table_that_isnt_there_is_the_operator_s_to_mend(storage: Storage) -> None:
    config = AwsConfig(endpoint_url=storage.url, max_attempts=1)
    async with open_clients(config) as clients:
        nowhere = Table(clients, AwsCalls(), "nowhere", HastyClock())
        with capture_logs() as logs, pytest.raises(UpstreamRefused):
            await nowhere.write(Write.put(KEY, {"secret": "x"}))
    loud = [log for log in logs if log["log_level"] == "error"]
    assert [(log["event"], log["target"]) for log in loud] == [("aws resource unusable", "nowhere")]
    assert "secret" not in str(logs)


async def test_a_table_out_of_reach_is_unavailable() -> None:
    config = AwsConfig(endpoint_url="http://127.0.0.1:1", max_attempts=1)
    async with open_clients(config) as clients:
        with pytest.raises(Unavailable):
            await Table(clients, AwsCalls(), "t", HastyClock()).get(KEY)


async def test_a_table_that_fails_isnt_asked_for_a_while(
    stored_clients: GatewayClients, faults: Faults, table_name: str, clock: HastyClock
) -> None:
    calls = AwsCalls(breakers=Breakers(threshold=1, recovery_s=60))
    table = Table(stored_clients.faulty, calls, table_name, clock)
    faults.fail_next("PutItem", "InternalServerError", status=500)
    for _ in range(2):
        with pytest.raises(Unavailable):
            await table.write(Write.put(KEY, {}))
    assert faults.calls["PutItem"] == 1
