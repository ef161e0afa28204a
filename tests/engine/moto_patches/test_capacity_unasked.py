import aioboto3
import pytest

from handrail.engine.engine import Engine
from tests.engine.engine_fixture import Calls

from .task_runs import outputs, task


@pytest.mark.asyncio(loop_scope="session")
async def test_capacity_is_told_where_it_was_asked_for(calls: Calls, engine: Engine) -> None:
    session = aioboto3.Session(engine.access_key_id, engine.secret_access_key)
    async with session.client(
        "dynamodb", region_name=engine.region, endpoint_url=engine.endpoint_url
    ) as dynamodb:
        await dynamodb.create_table(
            TableName="capacity",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    update = {
        "TableName": "capacity",
        "Key": {"id": {"S": "1"}},
        "UpdateExpression": "set a = :a",
        "ExpressionAttributeValues": {":a": {"Bool": True}},
    }
    asked = update | {"ReturnConsumedCapacity": "TOTAL"}
    unasked, told, optimised = await outputs(
        calls,
        task("aws-sdk:dynamodb:updateItem", update),
        task("aws-sdk:dynamodb:updateItem", asked),
        task("dynamodb:updateItem", update),
    )
    assert unasked == {}
    assert told["ConsumedCapacity"]["TableName"] == "capacity"
    assert "ConsumedCapacity" not in optimised
