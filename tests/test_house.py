"""Holds the tree to its own rules: names that stand for one thing, small modules and functions, no
import circle, and a test beside every module."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SERVICE = ROOT / "service"
MODULES = sorted(path.relative_to(ROOT) for path in SERVICE.rglob("*.py"))
MOST_LINES = 300
MOST_LINES_OF_A_FUNCTION = 40


@cache
def tree(module: Path) -> ast.Module:
    return ast.parse((ROOT / module).read_text(encoding="utf-8"))


def dotted(module: Path) -> str:
    return ".".join(module.with_suffix("").parts).removesuffix(".__init__")


def nodes(*kinds: type[ast.AST]) -> Iterator[tuple[Path, ast.AST]]:
    return (
        (module, node)
        for module in MODULES
        for node in ast.walk(tree(module))
        if isinstance(node, kinds)
    )


def test_a_public_class_name_stands_for_one_thing() -> None:
    found = defaultdict(list)
    for module, node in nodes(ast.ClassDef):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            found[node.name].append(str(module))
    assert {name: where for name, where in found.items() if len(where) > 1} == {}


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_can_be_read_at_one_sitting(module: Path) -> None:
    assert len((ROOT / module).read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_a_function_fits_on_a_screen() -> None:
    long = {
        f"{module}:{node.name}": lines
        for module, node in nodes(ast.FunctionDef, ast.AsyncFunctionDef)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > MOST_LINES_OF_A_FUNCTION
    }
    assert long == {}


REPEATED = {
    "access": "who may call: the settings of it, and the rule each route asks for",
    "apigateway": "what is known of API Gateway's sockets, and the adapter that posts to them",
    "breaker": "the rule, and the breakers over AWS's operations",
    "catalogue": "a use-case, and its routes",
    "clock": "the service's own time, and the engine's",
    "connections": "the table's, and the server's",
    "deploy": "a use-case, and its entry point",
    "errors": "each layer's own",
    "events": "of a history, and their route",
    "executions": "each layer's own",
    "handlers": "of history events, and of the embedded engine's functions",
    "news": "what it is, and its routes",
    "limits": "AWS's quotas, and what API Gateway's sockets may do",
    "signed_links": "the rule, and the use-case",
    "tasks": "each layer's own",
    "tickets": "the rule, and the table's",
}
"""Module names that stand in several packages, and why."""


def test_a_module_name_stands_in_one_package_but_for_those_of_several_layers() -> None:
    found = defaultdict(list)
    for module in MODULES:
        if module.stem != "__init__":
            found[module.stem].append(str(module))
    twice = {name: where for name, where in found.items() if len(where) > 1}
    assert {name: where for name, where in twice.items() if name not in REPEATED} == {}
    assert REPEATED.keys() <= twice.keys(), "an exception nobody needs any more"


def imported(module: Path) -> set[str]:
    """The service's modules that this one imports, inside functions and for types too."""
    known = {dotted(each) for each in MODULES}
    package = module.parts[:-1]
    found: set[str] = set()
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            source = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                submodule = f"{source}.{alias.name}"
                found.add(submodule if submodule in known else source)
    return (found & known) - {dotted(module)}


def test_no_modules_import_each_other_in_a_circle() -> None:
    try:
        TopologicalSorter({dotted(module): imported(module) for module in MODULES}).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


DECLARATIONS = {
    "__main__.py": "calls the command line",
    "client/errors.py": "declares",
    "core/definition/lint/aws_operations.py": "declares",
    "core/execution_logging.py": "declares",
    "core/machine_encryption.py": "declares",
    "core/news/news_outbox.py": "declares",
    "core/news/news_shapes.py": "declares",
    "core/ports.py": "declares",
    "core/protocol/document_shapes.py": "declares",
    "core/protocol/page_shapes.py": "declares",
    "core/protocol/progress_shapes.py": "declares",
    "core/protocol/trace_shapes.py": "declares",
    "core/raw_connection.py": "declares",
    "core/trace_ports.py": "declares",
    "core/typed_dict.py": "chooses an import",
    "core/watch_bus.py": "declares",
    "lambda_handler.py": "makes the function that `aws_lambda/runtime.py` defines",
    "usecases/live/early_end.py": "declares",
    "usecases/live/end_listeners.py": "declares",
    "usecases/live/watch_reader.py": "declares",
    "web/services.py": "declares",
}
"""Modules without behaviour of their own, so without tests of their own."""


def test_a_module_s_tests_are_found_by_its_name() -> None:
    """At `tests/<the same folders>/test_<module>.py`, or `test_<module>_<aspect>.py` beside it."""
    tests = [path.relative_to(ROOT / "tests") for path in (ROOT / "tests").rglob("test_*.py")]
    found = {
        str(module.relative_to("service"))
        for module in MODULES
        for test in tests
        if test.parent == module.relative_to("service").parent
        and f"{test.stem}_".startswith(f"test_{module.stem}_")
    }
    wanted = {str(m.relative_to("service")) for m in MODULES if m.name != "__init__.py"}
    assert wanted - found - DECLARATIONS.keys() == set()
    assert DECLARATIONS.keys() <= wanted - found, "an exception nobody needs any more"
