"""`make two-stages`: deploy every template for the stages dev and prod into one account of
MiniStack, an emulator that isn't ours, with the run book's own commands, and use both.

    python -m deploy.stages.check FOLDER     with the environment of requirements/stages.lock

What MiniStack doesn't know is taken out of the templates and named. The service's code for Lambda
is an empty folder unless `make function` was run: nothing here calls it. Everything made is below
build/stages.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import yaml

from deploy.image.build import PROJECT
from deploy.image.trial.findings import CheckFailed, expect, found

from .emulator import Emulator, emulated, free_port, wait_for
from .reduced import without_unknown

BUILT = PROJECT / "build" / "stages"
BUCKET = "artifacts"
STAGES = ("dev", "prod")
TRIGGERS = {"dev": "start", "prod": "lambda"}
TEMPLATES = (
    "state-machines",
    "push",
    "callbacks",
    "container",
    "serverless",
    "events",
    "alarms",
)
PACKAGED = ("state-machines", "serverless")
CAPABILITIES = ("--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND")
NAMED_WITHIN = ("AWS::ApiGatewayV2::Stage",)
"""What has its name within another resource alone."""

MOST_BYTES = 51_200
"""https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""

END_S = 60


def main(folder: Path) -> None:
    """Raises CheckFailed, TimeoutError."""
    BUILT.mkdir(parents=True, exist_ok=True)
    (PROJECT / "build" / "function").mkdir(exist_ok=True)
    (PROJECT / "build" / "function" / ".keep").touch()
    with emulated(folder) as emulator:
        emulator.aws("s3", "mb", f"s3://{BUCKET}")
        for name in TEMPLATES:
            package(emulator, name)
        network = network_of(emulator)
        outputs = {stage: deploy(emulator, stage, network) for stage in STAGES}
        names_apart(emulator)
        for stage in STAGES:
            triggered(emulator, stage, outputs[stage]["StateMachineArns"])
        for name in reversed(TEMPLATES):
            emulator.aws("cloudformation", "delete-stack", "--stack-name", stack(name, "prod"))
        triggered(emulator, "dev", outputs["dev"]["StateMachineArns"])
        found("prod deleted", "dev runs on")


def stack(name: str, stage: str) -> str:
    return f"handrail-{stage}-{name}"


def package(emulator: Emulator, name: str) -> None:
    source, built = f"deploy/{name}.yaml", BUILT / f"{name}.yaml"
    options = ("--s3-bucket", BUCKET, "--output-template-file", str(built))
    emulator.aws("cloudformation", "package", "--template-file", source, *options)
    size = built.stat().st_size
    expect(
        name not in PACKAGED or size <= MOST_BYTES,
        f"{built} has {size:,} bytes, too many to be sent without a bucket",
    )
    template, out = without_unknown(yaml.safe_load(built.read_text("utf-8")))
    built.write_text(json.dumps(template), "utf-8")
    found(name, f"without {', '.join(out)}" if out else "whole")


def network_of(emulator: Emulator) -> dict[str, str]:
    """What `container.yaml` stands in."""
    made = emulator.aws("ec2", "create-vpc", "--cidr-block", "10.0.0.0/16", *_asking("Vpc.VpcId"))
    subnets = [
        emulator.aws(
            *("ec2", "create-subnet", "--vpc-id", made, "--cidr-block", f"10.0.{number}.0/24"),
            *_asking("Subnet.SubnetId"),
        )
        for number in (1, 2)
    ]
    listed = ",".join(subnets)
    return {"VpcId": made, "BalancerSubnets": listed, "TaskSubnets": listed}


def deploy(emulator: Emulator, stage: str, network: Mapping[str, str]) -> dict[str, str]:
    """The templates in the run book's order, each with the others' outputs, which it answers."""
    signing_in = {"Auth": "jwt", "JwtIssuer": "https://issuer.example", "JwtAudience": stage}
    given: dict[str, dict[str, str]] = {
        "state-machines": {"WithFunctions": "true"},
        "push": {},
        "callbacks": {},
        "serverless": signing_in,
        "container": {
            **signing_in,
            **network,
            "CertificateArn": f"arn:aws:acm:eu-west-1:111122223333:certificate/{'a' * 8}",
            "PublicUrl": f"https://{stage}.example",
            "ImageUri": "registry.example/handrail@sha256:00",
        },
        "events": {},
        "alarms": {},
    }
    outputs: dict[str, str] = {}
    for name in TEMPLATES:
        template = json.loads((BUILT / f"{name}.yaml").read_text("utf-8"))
        taken = {key: outputs[key] for key in template["Parameters"] if key in outputs}
        parameters = {**taken, **given[name], "Environment": stage}
        listed = [f"{key}={value}" for key, value in parameters.items()]
        file, name_of = str(BUILT / f"{name}.yaml"), stack(name, stage)
        made(
            emulator,
            name_of,
            *("cloudformation", "deploy", "--template-file", file, "--stack-name", name_of),
            *("--s3-bucket", BUCKET, *CAPABILITIES, "--parameter-overrides", *listed),
        )
        outputs |= outputs_of(emulator, name_of)
    found(f"stage {stage}", f"{len(TEMPLATES)} stacks")
    return outputs


def made(emulator: Emulator, name: str, *command: str) -> None:
    """Raises CheckFailed with why each resource failed."""
    try:
        emulator.aws(*command)
    except CheckFailed as error:
        failed = "StackEvents[?contains(ResourceStatus, 'FAILED')]"
        query = _asking(f"{failed}.[LogicalResourceId, ResourceStatusReason]")
        asked = ("cloudformation", "describe-stack-events", "--stack-name", name)
        raise CheckFailed(emulator.aws(*asked, *query)) from error


def outputs_of(emulator: Emulator, name: str) -> dict[str, str]:
    query = _asking("Stacks[0].Outputs", "json")
    listed = emulator.aws("cloudformation", "describe-stacks", "--stack-name", name, *query)
    return {each["OutputKey"]: each["OutputValue"] for each in json.loads(listed) or ()}


def names_apart(emulator: Emulator) -> None:
    """No resource is both stages'. Raises CheckFailed."""
    ids: dict[str, set[str]] = {}
    for stage in STAGES:
        ids[stage] = set()
        for name in TEMPLATES:
            asked = ("cloudformation", "describe-stack-resources", "--stack-name")
            query = _asking("StackResources[].[ResourceType,PhysicalResourceId]", "json")
            for type, id in json.loads(emulator.aws(*asked, stack(name, stage), *query)):
                if type not in NAMED_WITHIN:
                    ids[stage].add(f"{type} {id}")
    shared = set.intersection(*ids.values())
    expect(not shared, f"both stages have {', '.join(sorted(shared))}")
    found("resources", " and ".join(f"{len(each)} of {stage}" for stage, each in ids.items()))


def triggered(emulator: Emulator, stage: str, arns: str) -> None:
    """The tutorial's `curl -X POST …/trigger-workflow`, to its end, by a service that knows the
    stage's state machines alone. Raises CheckFailed."""
    input = {"stage": stage, "at": time.time_ns()}
    with served(emulator, stage, arns) as url:
        catalogue = asked(f"{url}/v1/state-machines")["state_machines"]
        names = {each["name"] for each in catalogue}
        expect(names == {arn.rpartition(":")[2] for arn in arns.split(",")}, f"it lists {names}")
        answer = asked(f"{url}/trigger-workflow", input)
        expect(answer["message"] == "Workflow triggered!", str(answer))
        until = time.monotonic() + END_S
        while time.monotonic() < until:
            listed = asked(f"{url}/v1/executions?state_machine=orchestration-{stage}")
            for each in listed["executions"]:
                execution = asked(f"{url}/v1/executions/{each['execution']}")
                if execution["input"] == input and execution["status"] != "RUNNING":
                    expect(execution["status"] == "SUCCEEDED", str(execution))
                    done = (execution["output"] or {}).get("second_task", {}).get("done")
                    expect(done is True, str(execution["output"]))
                    found("trigger-workflow", f" {execution['execution']} SUCCEEDED")
                    return
            time.sleep(0.5)
    raise CheckFailed(f"orchestration-{stage} has not ended within {END_S} s")


@contextmanager
def served(emulator: Emulator, stage: str, arns: str) -> Iterator[str]:
    port = free_port()
    told = {"ENVIRONMENT": stage, "HANDRAIL_TRIGGER": TRIGGERS[stage]}
    told["HANDRAIL_MACHINES"] = arns
    told |= {"HANDRAIL_LOG_LEVEL": "warning", "PYTHONPATH": str(PROJECT)}
    command = [sys.executable, "-m", "handrail", "serve", "--port", str(port)]
    running = subprocess.Popen(  # noqa: S603 ours
        command, cwd=PROJECT, env={**emulator.variables, **told}, stdout=subprocess.DEVNULL
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz")
        yield f"http://127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait(60)


def asked(url: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data=data, headers={"Content-Type": "application/json"})  # noqa: S310
    with urlopen(request, timeout=30) as answer:  # noqa: S310 http
        return json.load(answer)


def _asking(query: str, output: str = "text") -> tuple[str, ...]:
    return ("--query", query, "--output", output)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]).absolute())
    except CheckFailed as error:
        sys.exit(f"{error}")
