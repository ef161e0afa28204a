"""What the code asks of AWS, read from the code: which adapters a way into the service opens, which
of their methods its use-cases call, and which operations those call.

Operations are told by the names of botocore's client methods, and those by its models.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from botocore import xform_name
from botocore.loaders import Loader
from botocore.model import ServiceModel

from tests.deploy.templates import ROOT

AWS = "handrail.aws"
USECASES = ("handrail.usecases", "handrail.auth")
CALLERS = (*USECASES, "handrail.aws_lambda")
SERVICES = (
    "events",
    "sns",
    "stepfunctions",
    "lambda",
    "dynamodb",
    "sqs",
    "apigatewaymanagementapi",
    "kinesis",
    "sts",
)
"""The services that `service/aws/clients.py` opens clients of; of two with an operation of the same
name, the latter is meant."""

PORTS = {
    "connections": "AwsConnections",
    "executions": "AwsExecutions",
    "functions": "AwsFunctions",
    "histories": "AwsHistories",
    "machines": "AwsStateMachines",
    "map_runs": "AwsMapRuns",
    "nudges": "AwsNudges",
    "outbox": "AwsOutbox",
    "posts": "AwsPosts",
    "queue": "AwsCallbackQueue",
    "shards": "AwsEventShards",
    "store": "AwsTickets",
    "tasks": "AwsTasks",
    "watches": "AwsWatches",
}
"""By what name use-cases hold an adapter (`self._executions`)."""

NEWS_TARGETS = ("EventBusNews", "QueueNews", "TopicNews")
"""Adapters that use-cases know as what delivers, and call for that alone."""

TABLE = "Table"
INDEXED = ("due", "indexed")
WRITES = {"put": "PutItem", "delete": "DeleteItem"} | dict.fromkeys(["set", "update"], "UpdateItem")


QUEUES = {
    ("AwsNudges", "SendMessage"): "nudges",
    ("AwsCallbackQueue", "SendMessage"): "dead callbacks",
    ("QueueNews", "SendMessage"): "news",
}
"""Which queue it is that is sent to."""


@dataclass(frozen=True, slots=True, order=True)
class Use:
    """One operation, as botocore names it; `index` where DynamoDB asks an index, `map_run` where
    Step Functions is asked about a Map Run; `queue` is which of SQS's is meant; `news` is
    whether it is for telling others of executions."""

    service: str
    operation: str
    index: bool = False
    map_run: bool = False
    queue: str = ""
    news: bool = False


@cache
def http_method(use: Use) -> str:
    return str(_model(use.service).operation_model(use.operation).http["method"])


@cache
def errors_of(use: Use) -> frozenset[str]:
    shapes = _model(use.service).operation_model(use.operation).error_shapes
    return frozenset(shape.name for shape in shapes)


@cache
def _model(service: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


@cache
def _client_methods() -> dict[str, Use]:
    return {
        xform_name(operation): Use(service, operation)
        for service in SERVICES
        for operation in _model(service).operation_names
    }


@cache
def imported(root: str) -> frozenset[str]:
    """The modules of the service that `root` imports, at once or later, itself included."""
    found: set[str] = set()
    waiting = [root]
    while waiting:
        if (module := waiting.pop()) not in found and _path_of(module):
            found.add(module)
            waiting += _imports(module)
    return frozenset(found)


def opened(modules: Iterable[str]) -> set[str]:
    """The adapters that composition roots among the modules make."""
    roots = (module for module in modules if not module.startswith((AWS, *USECASES)))
    named = {name for module in roots for name in _called_names(module)}
    return named & _adapters().keys()


def asked(modules: Iterable[str]) -> dict[str, set[str]]:
    """Adapter → the methods of it that use-cases among the modules call: those that any of the
    modules makes, and what those inherit, whatever else stands in their files."""
    modules = set(modules)
    made = {name for module in modules for name in _called_names(module)}
    made |= {base for module in modules for base in _bases(_tree(module), made)}
    found: dict[str, set[str]] = {adapter: set() for adapter in PORTS.values()}
    for module in modules:
        for owner, holder, method in _port_calls(module) if module.startswith(CALLERS) else ():
            if owner is None or owner in made:
                found[PORTS[holder]].add(method)
    return {name: methods & _methods(_adapters()[name]).keys() for name, methods in found.items()}


def called(modules: Iterable[str], adapter: str) -> set[str]:
    """The methods of an adapter that use-cases and workers among the modules call by their name,
    whatever they hold it as."""
    outside = (module for module in modules if module.startswith((*USECASES, "handrail.worker")))
    named = {
        node.attr for m in outside for node in ast.walk(_tree(m)) if type(node) is ast.Attribute
    }
    return named & _methods(_adapters()[adapter]).keys()


@cache
def uses(*roots: str) -> frozenset[Use]:
    """The operations that these ways into the service may call."""
    modules = frozenset().union(*map(imported, roots))
    calls = asked(modules)
    return frozenset(
        _about(adapter, use)
        for adapter in opened(modules)
        for method in ({"deliver"} if adapter in NEWS_TARGETS else calls.get(adapter, set()))
        for use in uses_of(adapter, method)
    )


def _about(adapter: str, use: Use) -> Use:
    use = replace(use, news=adapter in {"AwsOutbox", *NEWS_TARGETS})
    if use.service == "sqs":
        return replace(use, queue=QUEUES.get((adapter, use.operation), "callbacks"))
    return replace(use, map_run=adapter == "AwsMapRuns")


def uses_of(adapter: str, method: str) -> set[Use]:
    """The operations a method of an adapter calls, through its helpers and the table."""
    found: set[Use] = set()
    for code in _reached(_adapters()[adapter], method):
        found |= set(_called_operations(code)) | set(_writes(code))
        for name in _table_methods(code):
            found |= _of_table(name)
    return found


@cache
def _of_table(method: str) -> frozenset[Use]:
    """The Table's own calls, told by the operation it names. What `write` and `transact` do is
    named by the Write they are given."""
    named = {
        node.value
        for code in _reached(_adapters()[TABLE], method)
        for node in ast.walk(code)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    operations = named & set(_model("dynamodb").operation_names) - {"TransactWriteItems"}
    return frozenset(
        Use("dynamodb", operation, index=method in INDEXED) for operation in operations
    )


@cache
def _adapters() -> dict[str, ast.ClassDef]:
    """Every public class of the AWS room that is an adapter, or the table."""
    folder = ROOT / "service" / "aws"
    return {
        node.name: node
        for path in sorted(folder.rglob("*.py"))
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
        and (node.name.startswith("Aws") or node.name in {TABLE, *NEWS_TARGETS})
    }


def _methods(adapter: ast.ClassDef) -> dict[str, ast.AST]:
    functions = (n for n in adapter.body if isinstance(n, ast.AsyncFunctionDef | ast.FunctionDef))
    return {function.name: function for function in functions}


def _reached(adapter: ast.ClassDef, method: str) -> list[ast.AST]:
    """The method, and the methods of its own that it calls."""
    methods = _methods(adapter)
    names, waiting = set[str](), [method]
    while waiting:
        if (name := waiting.pop()) in methods and name not in names:
            names.add(name)
            attributes = (n for n in ast.walk(methods[name]) if isinstance(n, ast.Attribute))
            waiting += [n.attr for n in attributes if _last(n.value) == "self"]
    return [methods[name] for name in names]


def _called_operations(code: ast.AST) -> Iterator[Use]:
    for call in _calls(code):
        if isinstance(call.func, ast.Attribute) and call.func.attr in _client_methods():
            yield _client_methods()[call.func.attr]
        for given in call.args:  # to what calls a method by its name
            match given:
                case ast.Constant(value=str(name)) if "_" in name and name in _client_methods():
                    yield _client_methods()[name]


def _writes(code: ast.AST) -> Iterator[Use]:
    for call in _calls(code):
        match call.func:
            case ast.Attribute(value=ast.Name(id="Write"), attr=kind):
                yield Use("dynamodb", WRITES[kind])


def _table_methods(code: ast.AST) -> Iterator[str]:
    for call in _calls(code):
        if isinstance(call.func, ast.Attribute) and _last(call.func.value) == "_table":
            yield call.func.attr


@cache
def _port_calls(module: str) -> frozenset[tuple[str | None, str, str]]:
    """`self._executions.describe(…)` as `("Steering", "executions", "describe")`, by the class it
    stands in, if it does."""
    return frozenset(
        (code.name if isinstance(code, ast.ClassDef) else None, holder, node.attr)
        for code in _tree(module).body
        for node in ast.walk(code)
        if isinstance(node, ast.Attribute)
        if (holder := _last(node.value).removeprefix("_")) in PORTS
    )


@cache
def _called_names(module: str) -> frozenset[str]:
    """`Hub(…)` and `Keyring.parse(…)` alike."""
    called = (call.func for call in _calls(_tree(module)))
    holders = (each.value if isinstance(each, ast.Attribute) else each for each in called)
    return frozenset(each.id for each in holders if isinstance(each, ast.Name))


def _bases(tree: ast.Module, made: set[str]) -> Iterator[str]:
    """Of the classes that are made."""
    for code in tree.body:
        if isinstance(code, ast.ClassDef) and code.name in made:
            yield from map(_last, code.bases)


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _last(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


@cache
def _tree(module: str) -> ast.Module:
    path = _path_of(module)
    assert path is not None
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def _path_of(module: str) -> Path | None:
    base = ROOT.joinpath(*module.split("."))
    candidates = (base.with_suffix(".py"), base / "__init__.py")
    return next((path for path in candidates if path.is_file()), None)


@cache
def _imports(module: str) -> list[str]:
    """Also inside functions; not those for types alone."""
    path = _path_of(module)
    assert path is not None
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    found: list[str] = []
    for node in _run(_tree(module)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            found += [base, *(f"{base}.{alias.name}" for alias in node.names)]
    return [name for name in found if name.startswith("handrail")]


def _run(node: ast.AST) -> Iterator[ast.AST]:
    """Every statement, except what stands under TYPE_CHECKING."""
    if isinstance(node, ast.If) and _last(node.test) == "TYPE_CHECKING":
        return
    yield node
    for part in ("body", "orelse", "handlers", "finalbody", "cases"):
        inner = getattr(node, part, ())
        for child in inner if isinstance(inner, list) else ():
            yield from _run(child)
