"""The AsyncAPI document: complete, and right about API Gateway too."""

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from handrail.core.callback_messages import parse_callback
from tests.web.served import Served

OMITTED = {"omitted": ["*"], "links": {"self": "/v1/executions/order:one"}}


async def test_every_reference_of_the_asyncapi_document_leads_somewhere(served: Served) -> None:
    document = (await served.get("/asyncapi.json")).body
    references = re.findall(r"'\$ref': '#/([^']+)'", str(document))
    assert references
    for reference in references:
        target = document
        for part in reference.split("/"):
            target = target[part]


async def test_the_asyncapi_document_names_every_socket_and_every_close_code(
    served: Served,
) -> None:
    document = (await served.get("/asyncapi.json")).body
    addresses = {channel["address"] for channel in document["channels"].values()}
    assert addresses == {"/v1/ws", "/v1/executions/{execution}/ws", None, "{queue}"}
    told = {int(code) for code in document["x-close-codes"]}
    retried = {1001, 1011, 1012, 1013, 4000, 4001, 4002}
    assert told == retried | {1000, 1002, 1007, 1009, 4400, 4401, 4403, 4404, 4408, 4409, 4429}


async def test_the_asyncapi_document_says_what_is_different_on_api_gateway(served: Served) -> None:
    channels = (await served.get("/asyncapi.json")).body["channels"]
    gateway, one = channels["api_gateway"], channels["one"]
    query = gateway["bindings"]["ws"]["query"]["properties"]
    assert query.keys() == {"execution", "after", "level", "ticket", "token"}
    assert gateway["messages"].keys() - one["messages"].keys() == {"server_Closing"}
    assert gateway["servers"] != one["servers"] == channels["many"]["servers"]


async def test_the_asyncapi_document_has_the_message_of_the_queue_of_callbacks(
    served: Served,
) -> None:
    document = (await served.get("/asyncapi.json")).body
    assert document["channels"]["callbacks"]["messages"].keys() == {"queued_Callback"}
    assert document["operations"]["receive_callbacks"]["action"] == "receive"
    assert "send_callbacks" not in document["operations"]
    shape = document["components"]["schemas"]["CallbackMessage"]
    check = Draft202012Validator(shape).is_valid
    for example in shape["examples"]:
        assert check(example)
        assert parse_callback(json.dumps(example)).execution == example["execution"]
    assert not check({"outcome": "heartbeat"})
    assert not check({"token": "t", "event_id": 1, "execution": "a:b", "outcome": "heartbeat"})
    assert not check({"token": "t", "outcome": "heartbeat", "more": 1})


@pytest.mark.parametrize(
    "message",
    [
        {"type": "closing", "code": 4401, "reason": "Unknown credential."},
        {"type": "subscribed", "id": "0", "cursor": "9:3", "recovered": True, **OMITTED},
        {"type": "update", "id": "0", "cursor": "9:3", **OMITTED},
        {"type": "reset", "id": "0", "cursor": "9:3", "reason": "Too far behind.", **OMITTED},
        {"type": "complete", "id": "0", "cursor": "9:3", "status": "FAILED", **OMITTED},
    ],
)
async def test_the_asyncapi_document_has_the_messages_of_api_gateway(
    served: Served, message: dict[str, Any]
) -> None:
    served.messages.check(message)


@pytest.mark.parametrize(
    "message",
    [
        {"type": "subscribed", "id": "0", "cursor": "9:3", "recovered": True},
        {"type": "update", "id": "0", "cursor": "9:3"},
        {"type": "complete", "id": "0", "cursor": "9:3", "status": "FAILED"},
        {"type": "update", "id": "0", "cursor": "9:3", **OMITTED, "omitted": ["tasks"]},
    ],
)
async def test_a_message_without_its_content_says_that_all_of_it_is_omitted(
    served: Served, message: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError):
        served.messages.check(message)
