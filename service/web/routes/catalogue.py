"""Lists and describes state machines."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, TypeVar

from pydantic import Field
from quart import Blueprint, Response
from quart_schema import document_querystring, document_response, tag_blueprint

from handrail.core.access.principals import AccessScope
from handrail.core.aliases import Named, Route
from handrail.core.definition.cost import Estimate, estimate
from handrail.core.definition.graph import Graph, graph
from handrail.core.definition.lint import RULES, Finding, lint
from handrail.core.models import Json, rfc3339
from handrail.core.protocol import documents
from handrail.core.protocol.document_shapes import MachineDocument, Time
from handrail.core.typed_dict import TypedDict
from handrail.usecases.catalogue import Described
from handrail.usecases.local_engine import LocalEngine
from handrail.usecases.machine_folder import FolderProblemDocument
from handrail.web.auth import may_see
from handrail.web.docs import requests
from handrail.web.rendering import answer, read_query
from handrail.web.services import services

catalogue = Blueprint("catalogue", __name__, url_prefix="/v1/state-machines")
tag_blueprint(catalogue, ["State machines"])
Shown = TypeVar("Shown")


class MachineList(TypedDict):
    state_machines: list[MachineDocument]
    problems: list[FolderProblemDocument]


class RouteDocument(TypedDict):
    """So many per cent of the alias's starts run this version."""

    version: str
    weight: int


class VersionDocument(TypedDict):
    version: str
    created_at: Time


class AliasDocument(TypedDict):
    alias: str
    created_at: Time


class NeededDocument(TypedDict):
    """A task that fails with Handrail.NotSupported, or finds no function, unless something in
    `stand_ins` of machine.json answers for it."""

    state: str
    resource: str
    reason: str


class MachineDetail(MachineDocument):
    """A state machine as it is now, or the version or alias that was asked for."""

    version: Annotated[
        str | None,
        Field(description="Whose definition this is; of an alias, the one most of its starts run."),
    ]
    alias: str | None
    routes: Annotated[list[RouteDocument] | None, Field(description="Where the alias points to.")]
    versions: Annotated[
        list[VersionDocument] | None,
        Field(description="Newest first; null for a version or an alias, and where AWS says none."),
    ]
    aliases: Annotated[
        list[AliasDocument] | None, Field(description="Newest first; null as `versions` is.")
    ]
    definition: dict[str, Json]
    definition_text: Annotated[
        str | None,
        Field(description="As it was deployed, whose lines `lint` names; null if not asked for."),
    ]
    graph: Graph
    input_schema: Mapping[str, Json] | bool | None
    lint: Sequence[Finding]
    lint_rules: Annotated[
        Mapping[str, str], Field(description="What the rules find whose `code` stands in `lint`.")
    ]
    cost: Estimate
    cases: Annotated[
        list[str] | None,
        Field(description="Test cases it can be started as; null but on the embedded engine."),
    ]
    needs_stand_in: Annotated[
        list[NeededDocument] | None,
        Field(description="Tasks nobody answers there; null but on the embedded engine."),
    ]


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
@document_querystring(requests.MachineQuery)
async def describe_state_machine(machine: str) -> Response:
    """Show one state machine: its definition, graph, input schema, lint findings and cost.

    `order:3` shows a version, `order:live` an alias with the definition most of its starts run."""
    served, query = services(), read_query(requests.MachineQuery)
    described = await served.catalogue.describe(machine)
    definition, type, alias = described.definition, described.machine.type, described.alias
    asked = replace(described.machine, qualifier=alias.name) if alias else described.machine
    findings, text = lint(definition, type), described.machine.definition
    shown: MachineDetail = {
        **documents.machine_document(asked, described.description, served.addresses),
        "version": described.machine.qualifier,
        "alias": alias.name if alias else None,
        "routes": [_route(route) for route in alias.routes] if alias else None,
        "versions": _listed(described.versions, _version),
        "aliases": _listed(described.aliases, _alias),
        "definition": documents.value(text),
        "definition_text": text if query.definition_text else None,
        "graph": graph(definition),
        "input_schema": described.input_schema,
        "lint": findings,
        "lint_rules": {each.code: RULES[each.code].text for each in findings},
        "cost": estimate(definition, type),
        **_local(served.catalogue.local, described),
    }
    return answer(shown)


class _LocalDocument(TypedDict):
    cases: list[str] | None
    needs_stand_in: list[NeededDocument] | None


def _local(engine: LocalEngine | None, described: Described) -> _LocalDocument:
    if engine is None:
        return {"cases": None, "needs_stand_in": None}
    name = described.machine.name
    needed: list[NeededDocument] = [
        {"state": each.state.name, "resource": each.state.resource, "reason": each.reason}
        for each in engine.unanswered(name, described.definition)
    ]
    return {"cases": sorted(engine.cases(name)), "needs_stand_in": needed}


def _listed(found: Sequence[Named] | None, draw: Callable[[Named], Shown]) -> list[Shown] | None:
    return None if found is None else [draw(each) for each in found]


def _route(route: Route) -> RouteDocument:
    return {"version": route.version, "weight": route.weight}


def _version(version: Named) -> VersionDocument:
    return {"version": version.qualifier, "created_at": rfc3339(version.created_at)}


def _alias(alias: Named) -> AliasDocument:
    return {"alias": alias.qualifier, "created_at": rfc3339(alias.created_at)}
