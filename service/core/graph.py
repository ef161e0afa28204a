"""Reads a definition as nodes and arrows, for whoever draws it."""

from collections import Counter
from dataclasses import dataclass

from .definition import Definition, State, TargetKind


@dataclass(frozen=True, slots=True)
class Node:
    """One state. `parent` is the Parallel or Map it stands in, `branch` which of a Parallel's
    branches (0 in a Map), None at the top. `end` is whether its scope may be over after it.
    `map_mode` is INLINE or DISTRIBUTED for a Map."""

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
    kind: TargetKind
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Graph:
    """Edges join nodes only: a transition to a state that doesn't exist is `lint`'s to tell."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def graph(definition: Definition) -> Graph:
    """Nodes in document order, outer scopes first; one edge a transition."""
    branches: list[int | None] = []  # of each scope, among the scopes of the same parent
    seen: Counter[str] = Counter()
    for scope in definition.scopes:
        branches.append(None if scope.parent is None else seen[scope.parent])
        seen[scope.parent or ""] += 1
    states = definition.states.values()
    return Graph(
        tuple(_node(state, branches[state.scope]) for state in states),
        tuple(
            Edge(state.name, target.state, target.kind, target.label)
            for state in states
            for target in state.targets
            if target.state in definition.scopes[state.scope].states
        ),
    )


def map_mode(state: State) -> str | None:
    """INLINE or DISTRIBUTED for a Map, None for anything else."""
    if state.type != "Map":
        return None
    processor = state.raw.get("ItemProcessor")
    config = processor.get("ProcessorConfig") if isinstance(processor, dict) else None
    mode = config.get("Mode") if isinstance(config, dict) else None
    return mode if isinstance(mode, str) else "INLINE"


def _node(state: State, branch: int | None) -> Node:
    comment = state.raw.get("Comment")
    return Node(
        id=state.name,
        type=state.type,
        parent=state.parent,
        branch=branch,
        start=state.start,
        end=state.end,
        resource=state.resource or None,
        comment=comment if isinstance(comment, str) else None,
        waits_for_callback=state.waits_for_callback,
        map_mode=map_mode(state),
    )
