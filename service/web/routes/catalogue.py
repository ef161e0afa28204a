"""Lists and describes state machines."""

from collections.abc import Mapping, Sequence

from quart import Blueprint, Response
from quart_schema import document_response, tag_blueprint

from service.core.access.principals import AccessScope
from service.core.definition.cost import Estimate, estimate
from service.core.definition.findings import Finding
from service.core.definition.graph import Graph, graph
from service.core.models import Json
from service.core.protocol import documents
from service.core.protocol.document_shapes import MachineDocument
from service.core.typed_dict import TypedDict
from service.usecases.machine_folder import FolderProblemDocument
from service.web.auth import may_see
from service.web.rendering import answer
from service.web.services import services

catalogue = Blueprint("catalogue", __name__, url_prefix="/v1/state-machines")
tag_blueprint(catalogue, ["State machines"])


class MachineList(TypedDict):
    state_machines: list[MachineDocument]
    problems: list[FolderProblemDocument]


class MachineDetail(MachineDocument):
    definition: dict[str, Json]
    graph: Graph
    input_schema: Mapping[str, Json] | bool | None
    lint: Sequence[Finding]
    cost: Estimate


@catalogue.get("")
@document_response(MachineList)
async def list_state_machines() -> Response:
    """List the account's state machines, and the folders that `handrail dev` left out of it."""
    catalogue, addresses = services().catalogue, services().addresses
    machines = [
        documents.machine_document(machine, description, addresses)
        for machine, description in await catalogue.list_all()
        if may_see(AccessScope.READ, machine.name)
    ]
    problems = [
        problem.document()
        for problem in catalogue.problems
        if may_see(AccessScope.READ, problem.name or problem.folder.name)
    ]
    return answer(MachineList(state_machines=machines, problems=problems))


@catalogue.get("/<machine>")
@document_response(MachineDetail)
async def describe_state_machine(machine: str) -> Response:
    """Show one state machine: its definition, graph, input schema, lint findings and cost."""
    from service.core.definition.lint import lint  # noqa: PLC0415 - seldom asked for, slow to import

    served = services()
    described = await served.catalogue.describe(machine)
    definition, type = described.definition, described.machine.type
    shown: MachineDetail = {
        **documents.machine_document(described.machine, described.description, served.addresses),
        "definition": documents.value(described.machine.definition),
        "graph": graph(definition),
        "input_schema": described.input_schema,
        "lint": lint(definition, type),
        "cost": estimate(definition, type),
    }
    return answer(shown)
