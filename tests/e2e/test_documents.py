"""The commands and the code of README.md and docs/ do what is written, in a clean copy of all."""

import ast
import json
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Route

from handrail.auth.setup import jwt_rules
from handrail.core.definition.machine_file import MachineFile, rendered
from handrail.core.models import Account
from handrail.core.stand_ins.case_file import CaseFile
from handrail.settings import Settings
from tests.entrypoints.case_projects import write_machine
from tests.otlp_receiver import otlp_receiver
from tests.server.free_port import free_port

from .chromium import a_page
from .documents import Block, Clone, blocks
from .processes import START_S

LINKS = {"HANDRAIL_LINK_KEYS": f"k1:{'0123456789abcdef' * 2}"}
ORDER = {"customer": "Grace", "card": "tok_visa", "parcels": [{"id": "P-1"}]}
ORDERS = Path(__file__).parents[2] / "state_machines" / "order-fulfilment"
ROLE = "arn:aws:iam::123456789012:role/orders"
WITH_THE_CALLBACK = "with the session that settles a task by the queue"
NEEDS_AN_ACCOUNT = "calls AWS by its command line; the templates are held by tests/deploy"


IN_AND_OUT = "docs/in-and-out.md"


def in_and_out(begins: str) -> str:
    """A block of that chapter."""
    of_it = (each.text for each in blocks() if each.document == IN_AND_OUT)
    return next(text for text in of_it if text.startswith(begins))


def exported(clone: Clone) -> tuple[str, dict[str, str]]:
    """The chapter's command on ports of ours, and its settings with one for its receiver."""
    exports, dev = in_and_out("export HANDRAIL_CALLBACKS_QUEUE").strip().rsplit("\n", 1)
    command = f"{dev} --port 0".replace("4566", str(clone.engine_port))
    told = clone.run(f"{exports}\npython -c 'import json, os; print(json.dumps(dict(os.environ)))'")
    ours = {n: text for n, text in json.loads(told).items() if n.startswith("HANDRAIL_")}
    port = str(free_port())
    settings = {name: text.replace(":9000/", f":{port}/") for name, text in ours.items()}
    return command, settings | LINKS


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    """With `handrail dev` running in it, as `make run` leaves it, its engine on a port known."""
    clone = Clone.make(tmp_path_factory.mktemp("clone"))
    clone = replace(clone, engine_port=free_port())
    command, variables = exported(clone)
    with background(clone, command, HANDLER_PACE="0", **variables) as said:
        found = re.search(r"serves http://127\.0\.0\.1:(\d+)", "".join(said()))
        assert found is not None
        yield replace(clone, port=int(found[1]), notify=variables["HANDRAIL_NOTIFY"])


@contextmanager
def background(
    clone: Clone, command: str, *, ready: str = "serves", **variables: str | None
) -> Iterator[Callable[[], list[str]]]:
    """A command that runs on, once it has written `ready`; ended by Ctrl-C. Yields what reads the
    lines so far."""
    log = clone.folder / f"{free_port()}.log"
    with log.open("w") as file:
        child = subprocess.Popen(  # noqa: S603
            ["bash", "-c", f"exec {command}"],  # noqa: S607
            cwd=clone.folder,
            env=clone.environment(PYTHONUNBUFFERED="1", **variables),
            stdout=file,
            stderr=subprocess.STDOUT,
        )
        try:
            give_up_at = time.monotonic() + START_S
            while ready not in log.read_text():
                assert child.poll() is None, log.read_text()
                assert time.monotonic() < give_up_at, log.read_text()
                time.sleep(0.05)
            yield lambda: log.read_text().splitlines()
        finally:
            child.send_signal(signal.SIGINT)
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def fetch(clone: Clone, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    url = f"http://127.0.0.1:{clone.port}{path}"
    with urllib.request.urlopen(url, data, timeout=30) as answer:
        return json.loads(answer.read())


def waiting_order(clone: Clone, name: str) -> int:
    """Starts an order that waits to be approved; its task's event id."""
    body = {"name": name, "input": {**ORDER, "order_id": name, "amount": 4200}}
    path = "/v1/state-machines/order-fulfilment/executions?wait=25"
    [task] = fetch(clone, path, body)["tasks"]
    return int(task["event_id"])


def two_commands(clone: Clone, block: Block) -> None:
    """What they do is done by whoever runs this suite; here, that they can be planned."""
    said = clone.run(block.text.replace("make ", "make -Bn "))
    assert "handrail dev" in said
    assert "pytest" in said


def first_order(clone: Clone, block: Block) -> None:
    start, watch = block.commands.rsplit("\n", 1)
    assert json.loads(clone.run(start))["execution"] == "order-fulfilment:order-1001"
    messages = [json.loads(line) for line in clone.run(watch).splitlines()]
    shown = set(re.findall(r'^\{"type":"(\w+)"', block.text, re.MULTILINE))
    assert {message["type"] for message in messages} <= shown
    assert (messages[-1]["type"], messages[-1]["status"]) == ("complete", "SUCCEEDED")


def before_aws(clone: Clone, block: Block) -> None:
    """In front of an engine's endpoint, all that an account has besides."""
    *commands, _, serve = block.text.strip().splitlines()
    said = clone.run("\n".join(commands), AWS_ENDPOINT_URL=clone.engine_url, AWS_REGION=None)
    assert "order-fulfilment" in said
    [row] = [line for line in said.splitlines() if line.startswith("{")]
    assert json.loads(row).keys() >= {"name", "sha256", "scopes", "machines"}
    [key] = re.findall(r"^hr_\S+$", said, re.MULTILINE)
    port = free_port()
    serve = serve.replace("8000", str(port))
    auth = {"HANDRAIL_AUTH": "api-key", "HANDRAIL_API_KEYS": row}
    with background(clone, serve, AWS_ENDPOINT_URL=clone.engine_url, **auth):
        there = replace(clone, port=port)
        listed = there.run("handrail start order-fulfilment --input '{}' || test $? = 2")
        assert listed == ""
        order = json.dumps({**ORDER, "order_id": "A-1", "amount": 1})
        there.run(f"handrail start order-fulfilment --input '{order}'", HANDRAIL_TOKEN=key)


def traced_service(clone: Clone, block: Block) -> None:
    """With a collector of the test's own; what is recorded has reached it when the service ends."""
    _, export, serve = block.text.splitlines()
    with otlp_receiver() as collector:
        said = export.replace("http://localhost:4318", collector.url).split()[1:]
        chosen = dict(each.split("=", 1) for each in said)
        chosen["AWS_ENDPOINT_URL"] = clone.engine_url
        with background(clone, f"{serve} --port 0", **chosen) as lines:
            found = re.search(r"serves http://127\.0\.0\.1:(\d+)", "".join(lines()))
            assert found is not None
            fetch(replace(clone, port=int(found[1])), "/v1/state-machines")
        names = [span.name for span in collector.spans]
    assert names == ["SFN.ListStateMachines", "GET /v1/state-machines"]


def a_trace(clone: Clone, block: Block) -> None:
    """Of an order that waits, to a collector of the test's own."""
    waiting_order(clone, "order-4001")
    with otlp_receiver() as collector:
        commands = block.commands.replace("order-1001", "order-4001").replace(
            "@latest", "order-fulfilment:order-4001"
        )
        said = clone.run(commands.replace("http://localhost:4318", collector.url))
        sent = {span.name for span in collector.spans}
    assert {"execution order-fulfilment", "wait for callback"} <= sent
    assert said.count("wait for callback") == 2  # printed twice: sent once, written once
    assert json.loads((clone.folder / "trace.json").read_text(encoding="utf-8"))["resourceSpans"]


def a_link(clone: Clone, block: Block) -> None:
    event_id = waiting_order(clone, "order-1002")
    said = clone.run(block.commands.replace(" 31 ", f" {event_id} "))
    assert re.fullmatch(rf"http://127\.0\.0\.1:{clone.port}/v1/callbacks/\S+\n", said)


def an_api_key(clone: Clone, block: Block) -> None:
    said = clone.run(block.commands)
    shown = json.loads(block.text.splitlines()[-1])
    [row] = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert row.keys() == shown.keys()
    assert row["scopes"] == shown["scopes"]


def settings(clone: Clone, block: Block) -> None:
    """They are what the service reads, and it would start with them."""
    said = clone.run(f"{block.text}\nenv -0")
    ours = (each for each in said.split("\0") if each.startswith("HANDRAIL_"))
    variables = dict(each.split("=", 1) for each in ours)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        read = str(jwt_rules(Settings.read()))
    assert all(value in read for value in re.findall(r"HANDRAIL_JWT_ISSUER=(\S+)", block.text))


def browser_tokens(clone: Clone, block: Block) -> None:
    url = f"http://127.0.0.1:{clone.port}"
    for command in block.commands.splitlines():
        told = json.loads(clone.run(command, URL=url, KEY="none"))
        assert told.get("credential", told)["token"].startswith("hrt_")


def the_trigger(clone: Clone, block: Block) -> None:
    shown = json.loads(re.sub(r":[^:]*…", ":…", block.text.splitlines()[-1]))
    told = json.loads(clone.run(block.commands))
    assert told["message"] == shown["message"]
    assert told["execution"].startswith(shown["execution"].rstrip("…"))


def callback_by_queue(clone: Clone, block: Block) -> None:
    """With the receiver beside, which hears that the order waits and that it has succeeded; and
    with the chapter's other session about it, behind that."""
    for name in ("# receiver.py", "# callback.py"):
        code = in_and_out(name)
        [port] = re.findall(r"http://localhost:(\d+)/orders", clone.notify)
        (clone.folder / name.split()[1]).write_text(code.replace("9000", port))
    start, tasks, *send = block.commands.replace("4566", str(clone.engine_port)).splitlines()
    with background(clone, "python receiver.py", ready="listening") as heard:
        assert clone.run(start) == "order-fulfilment:order-5001\n"
        order = "/v1/executions/order-fulfilment:order-5001"
        event_id = until(lambda: clone.run(tasks).partition(" ")[0])
        clone.run("\n".join(send).replace(" 26", f" {event_id}"))
        shown = in_and_out("order-fulfilment:order-5001:26 execution.waiting").splitlines()

        def news() -> list[str]:
            """Of this order: of others the receiver hears what waited for it."""
            return [line for line in heard() if line.startswith("order-fulfilment:order-5001:")]

        until(lambda: len(news()) >= len(shown))
        assert [line.split()[1] for line in news()] == [line.split()[1] for line in shown]
    assert fetch(clone, order)["status"] == "SUCCEEDED"
    started = until(lambda: [x for x in listed(clone) if x.startswith("order-5001-then1-")])
    assert len(started) == 1
    assert clone.run(in_and_out("handrail news ").replace(" --all", " --all || true")) is not None


def listed(clone: Clone) -> list[str]:
    found = fetch(clone, "/v1/executions?state_machine=orchestration-dev")["executions"]
    return [each["name"] for each in found]


def until(look: Callable[[], Any]) -> Any:
    """What it answers, once that is something."""
    give_up_at = time.monotonic() + START_S
    while not (found := look()):
        assert time.monotonic() < give_up_at
        time.sleep(0.05)
    return found


def status_change(clone: Clone, block: Block) -> None:
    assert clone.run(block.commands).strip() == block.text.splitlines()[-1]


def progress(clone: Clone, block: Block) -> None:
    """Of an order of its own, as soon as that has ended."""
    event_id = waiting_order(clone, "order-5002")
    task = f"/v1/executions/order-fulfilment:order-5002/tasks/{event_id}/success"
    fetch(clone, task, {"output": {"approved": True}})
    order = "/v1/executions/order-fulfilment:order-5002"
    until(lambda: fetch(clone, order)["status"] == "SUCCEEDED")
    commands = block.commands.replace("order-5001", "order-5002")
    told, shown = clone.run(commands), block.text.splitlines()[-1]
    assert ast.literal_eval(told).keys() >= ast.literal_eval(shown).keys()


def python(clone: Clone, block: Block) -> None:
    """It can be run as it stands."""
    clone.run(f"python - <<'END'\n{block.text}\nEND")


def parcel_machine(clone: Clone, block: Block) -> None:
    """The whole example of a folder: served, linted, and run to where somebody is asked."""
    folder = clone.folder / "examples" / "parcel"
    folder.mkdir(parents=True)
    document = (clone.folder / block.document).read_text(encoding="utf-8")
    jsons = re.findall(r"^```json\n(.*?)^```$", document, re.DOTALL | re.MULTILINE)
    machine, definition = jsons[:2]
    [handlers] = re.findall(r"^```python\n(def weigh.*?)^```$", document, re.DOTALL | re.MULTILINE)
    (folder / "machine.json").write_text(machine)
    (folder / "definition.asl.json").write_text(definition)
    (folder / "handlers.py").write_text(handlers)
    clone.run("handrail lint examples")
    variables = {"HANDRAIL_STATE_MACHINES_DIR": "examples"}
    with background(clone, "handrail dev --port 0", **variables) as said:
        found = re.search(r"serves http://127\.0\.0\.1:(\d+)", "".join(said()))
        assert found is not None
        there = replace(clone, port=int(found[1]))
        [example] = json.loads(machine)["input_schema"]["examples"]
        path = "/v1/state-machines/parcel-dev/executions?wait=25"
        started = fetch(there, path, {"input": example})
        [task] = started["tasks"]
        assert task["state"] == "AskSomebody"
        settled = f"/v1/executions/{started['execution']}/tasks/{task['event_id']}/success"
        with pytest.raises(urllib.error.HTTPError, match="422"):
            fetch(there, settled, {"output": {}})
        fetch(there, settled, {"output": {"send": True}})


def an_alias(clone: Clone, block: Block) -> None:
    """Of an engine's state machine the first version gets all starts, whatever the weight."""
    said = clone.run(f"{block.commands} --role-arn {ROLE}", AWS_ENDPOINT_URL=clone.engine_url)
    shown = [line.partition(":")[0] for line in block.text.splitlines()[1:]]
    assert [line.partition(":")[0] for line in said.splitlines()] == shown
    assert "order-fulfilment:live: created" in said


def a_lint(clone: Clone, block: Block) -> None:
    assert clone.run(f"{block.commands} 2>&1").splitlines() == block.text.splitlines()[1:]


def a_doctor(clone: Clone, block: Block) -> None:
    said = clone.run(block.commands.replace("4566", str(clone.engine_port)))
    assert said.replace(str(clone.engine_port), "4566").splitlines() == block.text.splitlines()[1:]


def a_list(clone: Clone, block: Block) -> None:
    shown = json.loads(block.text.replace(", …", "").replace("{…}", "{}"))
    assert fetch(clone, "/v1/executions").keys() == shown.keys()


def waiting_tasks(clone: Clone, block: Block) -> None:
    shown = json.loads(block.text.replace(", …", ""))
    found = fetch(clone, "/v1/tasks")
    assert found.keys() == shown.keys()
    assert found["state_machines"][0].keys() == shown["state_machines"][0].keys()
    described = fetch(clone, "/openapi.json")["components"]["schemas"]["WaitingTaskDocument"]
    assert described["properties"].keys() >= shown["tasks"][0].keys()


def notify(_: Clone, block: Block) -> None:
    """It can be read as it is written, for the state machine that it names states of."""
    text = f'{{"name": "order-fulfilment", {block.text}}}'
    template = (ORDERS / "definition.asl.json").read_text(encoding="utf-8")
    substitutions = json.loads((ORDERS / "machine.json").read_text(encoding="utf-8"))[
        "substitutions"
    ]
    file = MachineFile.parse(text).model_copy(update={"substitutions": substitutions})
    account = Account("aws", "eu-west-1", "123456789012")
    assert len(rendered(file, template, account=account, environment="dev").notify) == 6


def stand_ins(_: Clone, block: Block) -> None:
    """They can be read as they are written."""
    assert len(MachineFile.parse(block.text).stand_ins) == 5


def a_record(clone: Clone, block: Block) -> None:
    """Of an order that nobody has to approve; its card is declined."""
    order = {**ORDER, "order_id": "A-1", "amount": 1, "card": "tok_declined"}
    body = {"name": "order-3001", "input": order}
    fetch(clone, "/v1/state-machines/order-fulfilment/executions?wait=25", body)
    clone.run(block.commands.replace("order-1001", "order-3001"))
    file = clone.folder / "state_machines/order-fulfilment/cases/order-3001.json"
    case = CaseFile.read(json.loads(file.read_text(encoding="utf-8")))
    assert case.stand_ins["ChargeCard"]


def a_worker(clone: Clone, block: Block) -> None:
    """Three terminals: the engine, the worker, which needn't wait for its poll in the end, and
    whoever starts."""
    text = block.text.strip().replace("4566", str(clone.engine_port))
    dev, worker, start = re.split(r"(?<!\\)\n", text)
    assert dev == f"handrail dev --engine-port {clone.engine_port}"
    with background(clone, f"env {worker} --grace 0", ready="document-review"):
        assert "SUCCEEDED" in clone.run(start)


def another_server(clone: Clone, block: Block) -> None:
    """Each command of the block, by itself; `shop.py` stands beside."""
    (clone.folder / "shop.py").write_text(
        next(each.text for each in blocks() if each.text.startswith("# shop.py\n"))
    )
    for command in block.text.strip().splitlines():
        there = replace(clone, port=free_port())
        started = command.replace("8000", str(there.port))
        nowhere = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
        with background(clone, started, ready="unning on", **nowhere):
            assert fetch(there, "/healthz") == {"status": "ok"}


def cases(clone: Clone, block: Block) -> None:
    """As shown, but for how long it took."""
    took = re.compile(r"\s+[\d.]+ m?s|\d+ of \d+|in [\d.]+ m?s\.")
    said = clone.run(block.commands, HANDLER_PACE="0").splitlines()
    shown = block.text.splitlines()[1:]
    assert [took.sub("", line) for line in said] == [took.sub("", line) for line in shown]


def a_case(clone: Clone, block: Block) -> None:
    write_machine(clone.folder / "charges" / "charge")
    folder = clone.folder / "charges" / "charge" / "cases"
    folder.mkdir()
    (folder / "busy-once.json").write_text(block.text)
    assert "1 passed" in clone.run("handrail test charges")


def five_steps(clone: Clone, block: Block) -> None:
    """From an empty folder, as shown but for times, and the name of the execution."""
    (folder := clone.folder / "first").mkdir()
    varying = re.compile(r"[\d-]+T\S+Z|hello:\w+|[\d.]+ m?s\b")
    shown: dict[str, list[str]] = {}
    for line in block.text.splitlines():
        if line.startswith("$ "):
            shown[command := re.sub(r"\s+#.*", "", line[2:])] = []
        else:
            shown[command].append(line)
    init, dev, *others = shown
    clone.run(f"cd first && {init}")
    assert all((folder / line.removeprefix("made ")).exists() for line in shown[init])
    command = f"bash -c 'cd first && exec {dev.rstrip(' &')} --port 0'"
    with background(clone, command) as said:
        found = re.search(r"serves http://127\.0\.0\.1:(\d+)", "".join(said()))
        assert found is not None
        there = replace(clone, port=int(found[1]))
        for command in others:
            told = there.run(f"cd first && {command} || true").splitlines()
            of_all = slice(-1, None) if "--watch" in command else slice(None)  # seen or missed
            assert [varying.sub("", each) for each in told[of_all]] == [
                varying.sub("", each) for each in shown[command][of_all]
            ]


def all_examples(clone: Clone, block: Block) -> None:
    """With the five of the project; each that is served can be started."""
    own, mocked, served = block.text.splitlines()
    said = clone.run(f"{own} state_machines", HANDLER_PACE="0")
    places = ("examples", "state_machines")
    files = [file for each in places for file in (clone.folder / each).glob("*/cases/*.json")]
    assert f"{len(files)} passed in " in said
    assert said.count("✓") == len(files)
    assert "3 passed in " in clone.run(mocked)
    with background(clone, f"{served} --port 0", ready="Ctrl-C ends it") as lines:
        listed = "".join(lines())
    assert "left out" not in listed
    names = [each.name for each in (clone.folder / "examples").iterdir()]
    assert all(name in listed for name in names if name != "local-testing")
    page = (clone.folder / block.document).read_text(encoding="utf-8")
    assert all(f"(../examples/{name})" in page for name in names)


def pytest_of_ones_own(clone: Clone, block: Block) -> None:
    (clone.folder / "own").mkdir()
    (clone.folder / "own" / "test_orders.py").write_text(block.text)
    (clone.folder / "own" / "pytest.ini").write_text(
        "[pytest]\nhandrail_state_machines = ../state_machines\n"
    )
    command = "python -m pytest -q -p handrail.testing.plugin -p no:cacheprovider"
    said = clone.run(f"cd own && PYTHONPATH=.. {command}", HANDLER_PACE="0")
    assert "2 passed" in said


RUN: dict[str, Callable[[Clone, Block], None]] = {
    "README.md: make run     # sets up, then serves http": two_commands,
    "README.md: $ curl -s localhost:8000/v1/state-machin": first_order,
    "README.md: $ handrail init": five_steps,
    "README.md: export AWS_REGION=eu-west-1": before_aws,
    'docs/tracing.md: pip install "handrail[otel]"': traced_service,
    "docs/tracing.md: handrail trace order-fulfilment:order-10": a_trace,
    'docs/callbacks.md: $ export HANDRAIL_LINK_KEYS="2026-11:$(o': a_link,
    "docs/in-and-out.md: $ handrail start order-fulfilment --name": callback_by_queue,
    "docs/in-and-out.md: $ curl -s localhost:8000/v1/events/aws -": status_change,
    "docs/in-and-out.md: $ curl -s localhost:8000/v1/executions/o": progress,
    "docs/embedding.md: uvicorn --factory handrail:asgi --port 8": another_server,
    "docs/embedding.md: uvicorn shop:app --port 8000 --no-access": another_server,
    "docs/examples.md: handrail test examples": all_examples,
    "docs/lint.md: $ handrail lint state_machines/orchestra": a_lint,
    "docs/run-book.md: $ AWS_REGION=us-east-1 AWS_ENDPOINT_URL=": a_doctor,
    "docs/security.md: $ handrail api-key shop --scope read --s": an_api_key,
    "docs/security.md: export HANDRAIL_AUTH=jwt HANDRAIL_JWT_IS": settings,
    "docs/security.md: export HANDRAIL_JWT_ISSUER=https://cogni": settings,
    "docs/security.md: export HANDRAIL_JWT_ISSUER=https://login": settings,
    "docs/security.md: export HANDRAIL_JWT_ISSUER=https://my-do": settings,
    "docs/security.md: export HANDRAIL_JWT_ISSUER=https://keycl": settings,
    "docs/security.md: export HANDRAIL_SIGN_IN_CLIENT_ID=handra": settings,
    'docs/security.md: $ curl -s "$URL/v1/state-machines/orches': browser_tokens,
    "docs/definitions.md: import boto3": python,
    "docs/state-machines.md: class CardDeclined(Exception):": python,
    "docs/state-machines.md: {": parcel_machine,
    'docs/state-machines.md: "notify": [': notify,
    "docs/state-machines.md: $ curl -s localhost:8000/trigger-workflo": the_trigger,
    'docs/lists.md: {"executions": [{"execution": "order-ful': a_list,
    'docs/lists.md: {"tasks": [{"execution": "order-fulfilme': waiting_tasks,
    "docs/state-machines.md: $ handrail deploy order-fulfilment --pub": an_alias,
    "docs/testing.md: $ handrail test state_machines/price-che": cases,
    "docs/testing.md: {": a_case,
    "docs/testing.md: def test_an_order_is_refused_without_mon": pytest_of_ones_own,
    "docs/stand-ins.md: def ask_somebody(arguments, context):": python,
    "docs/stand-ins.md: $ handrail record order-fulfilment:order": a_record,
    "docs/stand-ins.md: {": stand_ins,
    "docs/workers.md: from handrail.worker import Task, Worker": python,
    "docs/workers.md: handrail dev --engine-port 4566": a_worker,
}
RECIPES = "tests/e2e/test_recipes.py"
PACKAGE = "packages/client/test"
ELSEWHERE = {
    'docs/callbacks.md: "callbacks": {': "order-fulfilment has it: test_browser_links.py",
    'docs/definitions.md: "queues": ["orders-${ENVIRONMENT}"], "to': "tests/engine/test_seeds.py",
    "docs/in-and-out.md: export HANDRAIL_CALLBACKS_QUEUE=callback": "what all this is run with",
    "docs/in-and-out.md: # receiver.py": WITH_THE_CALLBACK,
    "docs/in-and-out.md: # callback.py": WITH_THE_CALLBACK,
    "docs/in-and-out.md: // receiver.mjs": "tests/webhooks/test_signed_webhook_receivers.py",
    'docs/in-and-out.md: {"execution": "order-fulfilment:order-50': WITH_THE_CALLBACK,
    'docs/in-and-out.md: {"type": "execution.waiting", "id": "ord': "tests/core/news",
    "docs/in-and-out.md: order-fulfilment:order-5001:26 execution": WITH_THE_CALLBACK,
    "docs/in-and-out.md: handrail news                 # what wai": WITH_THE_CALLBACK,
    "docs/in-and-out.md: $ handrail list orchestration-dev": WITH_THE_CALLBACK,
    "docs/embedding.md: # shop.py": "tests/entrypoints/test_asgi.py",
    "docs/embedding.md: # main.py": "tests/entrypoints/test_asgi.py",
    'docs/javascript-client.md: import { createClient } from "/static/cl': "below, in Chromium",
    "docs/javascript-frameworks.md: import { HandrailProvider, useExecution,": RECIPES,
    "docs/javascript-frameworks.md: <script setup>": RECIPES,
    "docs/javascript-frameworks.md: import { createTokens, tokenHandler } fr": RECIPES,
    "docs/javascript-frameworks.md: const client = createClient({ url, token": RECIPES,
    'docs/javascript-frameworks.md: import { createFake } from "@handrail/cl': PACKAGE,
    "docs/javascript-frameworks.md: HANDRAIL_ALLOWED_ORIGINS=http://localhos": RECIPES,
    "docs/engine.md: aws logs tail /aws/vendedlogs/states/han": "tests/engine/execution_logs",
    'docs/state-machines.md: {"logging": {"level": "ALL", "include_ex': "tests/core/definition",
    "docs/state-machines.md: def weigh(event):": "with its machine.json",
    "docs/testing.md: ✗ order-fulfilment/approved  32 ms": "tests/cli/test_test_command.py",
    "docs/testing.md: aws stepfunctions test-state --endpoint-": "tests/engine/single_state",
    "docs/stand-ins.md: $ handrail start order-fulfilment --case": "tests/entrypoints/test_dev.py",
    "docs/run-book.md: handrail api-key ops": NEEDS_AN_ACCOUNT,
    "docs/run-book.md: mkdir -p build; BUCKET=my-artifacts STAG": NEEDS_AN_ACCOUNT,
    "docs/run-book.md: # Where the tasks' subnets have no NAT g": NEEDS_AN_ACCOUNT,
    "docs/run-book.md: aws cloudformation deploy --template-fil": NEEDS_AN_ACCOUNT,
    "docs/run-book.md: aws ecs run-task --cluster $CLUSTER --ta": NEEDS_AN_ACCOUNT,
    "docs/run-book.md: make function": NEEDS_AN_ACCOUNT,
    "docs/run-book.md: curl -sf $URL/readyz": NEEDS_AN_ACCOUNT,
    "docs/run-book.md: cd deploy/terraform/examples/document-re": NEEDS_AN_ACCOUNT,
    "docs/run-book.md: kubectl create namespace handrail-$STAGE": NEEDS_AN_ACCOUNT,
    "docs/workers.md: export AWS_REGION=eu-west-1": NEEDS_AN_ACCOUNT,
    'docs/workers.md: "ReviewDocument": {': "state_machines/document-review has it",
}
"""Why a block isn't run here."""


def test_every_block_of_code_is_run_or_it_is_said_why_not() -> None:
    assert {each.name for each in blocks()} == RUN.keys() | ELSEWHERE.keys()
    assert not RUN.keys() & ELSEWHERE.keys()


@pytest.mark.parametrize("name", RUN)
def test_it_does_what_is_written(name: str, clone: Clone) -> None:
    found = [each for each in blocks() if each.name == name]
    RUN[name](clone, found[0])


SHELL = [each for each in blocks() if each.language == "sh"]


@pytest.mark.parametrize("text", [each.text for each in SHELL], ids=[each.name for each in SHELL])
def test_bash_can_read_it(text: str) -> None:
    read = subprocess.run(
        ["bash", "-n"],  # noqa: S607
        input=text,
        text=True,
        capture_output=True,
        check=False,
    )
    assert read.returncode == 0, read.stderr


async def script(code: str, route: Route) -> None:
    await route.fulfill(body=code, content_type="text/javascript")


@pytest.mark.asyncio(loop_scope="session")
async def test_the_scripts_of_a_page_follow_start_and_answer(
    browser: Browser, clone: Clone
) -> None:
    of_page = (each for each in blocks() if each.document == "docs/javascript-client.md")
    follow, start = [each.text for each in of_page if each.language == "js"]
    follow = follow.replace("order-1001", "order-2001")
    body = {"name": "order-2001", "input": {**ORDER, "order_id": "A-1001", "amount": 1}}
    fetch(clone, "/v1/state-machines/order-fulfilment/executions", body)
    async with a_page(browser) as page:
        said: list[str] = []
        page.on("console", lambda line: said.append(line.text))
        await page.goto(f"http://127.0.0.1:{clone.port}")
        for name, code in (("follow", follow), ("start", start)):
            await page.route(f"**/{name}.js", partial(script, code))
            async with page.expect_console_message(lambda line: line.text.startswith("finished")):
                await page.evaluate("name => import(`/${name}.js`).then(() => null)", name)
    assert {"live RUNNING", "live SUCCEEDED"} & set(said)
    assert len([line for line in said if line.startswith("finished SUCCEEDED")]) == 2


def test_the_lines_that_dev_writes_say_where_page_and_documents_are(clone: Clone) -> None:
    logs = [file.read_text() for file in clone.folder.glob("*.log")]
    assert any(f"http://127.0.0.1:{clone.port}/docs" in text for text in logs)
