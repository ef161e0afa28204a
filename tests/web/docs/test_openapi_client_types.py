"""The JavaScript client's types: they have what the service's documents have."""

import re
from pathlib import Path

from tests.web.served import Served

TYPES = Path(__file__).parents[3] / "packages/client/src/types.js"
SHAPES = {
    "ListedExecution": "ListedDocument",
    "State": "StateDocument",
    "Items": "ItemsDocument",
    "Task": "TaskDocument",
    "Field": "FieldDocument",
    "Counts": "CountsDocument",
    "ListedMachine": "ListedMachineDocument",
    "Unlisted": "UnlistedDocument",
}


async def test_its_types_have_what_the_service_s_documents_have(served: Served) -> None:
    document = (await served.get("/openapi.json")).body
    schemas = document["components"]["schemas"]
    asked = document["paths"]["/v1/executions/{execution}"]["get"]
    snapshot = asked["responses"]["200"]["content"]["application/json"]["schema"]
    declared = {name: _members(name) for name in [*SHAPES, "Payloads"]}
    besides = set(re.findall(r"(\w+)\??: ", _typedef("Snapshot")))
    assert declared["ListedExecution"] | declared["Payloads"] | besides == (
        snapshot["properties"].keys()
    )
    for name, schema in SHAPES.items():
        assert declared[name] == schemas[schema]["properties"].keys(), name
    for name, enumeration in (("Status", "ExecutionStatus"), ("State", "StateStatus")):
        assert set(re.findall(r'"([A-Z_]+)"', _typedef(name))) == set(schemas[enumeration]["enum"])


def _typedef(name: str) -> str:
    """What the package's types have of this shape."""
    ends = r"(?=\n \*\n|\n \* @typedef)"
    types = TYPES.read_text(encoding="utf-8")
    whole = re.search(rf"@typedef {{[^\n]*}} {name}\b.*?{ends}", types, re.DOTALL)
    assert whole, name
    return whole[0]


def _members(name: str) -> set[str]:
    return set(re.findall(r"@property {(?:[^@]*)} (\w+)", _typedef(name)))
