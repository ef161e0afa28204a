"""Turns a definition into the nodes and edges of the graph that a page draws."""

from dataclasses import dataclass

from .definition import Definition, TransitionKind


@dataclass(frozen=True, slots=True)
class Node:
    """One state. `parent` is the Parallel or Map around it, `branch` the index of its branch there
    (0 in a Map); `end` says that its branch may end with it, `map_mode` INLINE or DISTRIBUTED."""

    id: str
    type: str
    parent: str | None
    branch: int | None
    start: bool
    end: bool
    resource: str | None = None
    comment: str | None = None
    waits_for_callback: bool = False
    map_mode: str | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """One arrow. A choice's label is its rule, a catch's the errors it takes."""

    source: str
    target: str
    kind: TransitionKind
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Graph:
    """Edges join nodes only: `lint` reports transitions to states that don't exist."""

    nodes: list[Node]
    edges: list[Edge]


def graph(definition: Definition) -> Graph:
    """Nodes in document order, outer scopes first; one edge a transition."""
    found = Graph([], [])
    for state in definition.states.values():
        scope, comment = state.scope, state.raw.get("Comment")
        comment, start = comment if isinstance(comment, str) else None, state.name == scope.start_at
        details = (state.resource or None, comment, state.waits_for_callback, state.map_mode)
        within = (scope.parent, scope.branch, start, state.end)
        node = Node(state.name, state.type, *within, *details)
        found.nodes.append(node)
        ways = (to for to in state.transitions if to.state in scope.states)
        found.edges.extend(Edge(state.name, to.state, to.kind, to.label) for to in ways)
    return found
