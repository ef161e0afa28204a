"""The Dockerfile's promises that can be read without building it; `make image-check` keeps the
rest."""

import ast
import re
from pathlib import Path

from botocore.session import Session

from deploy.image.slim import SERVICES
from handrail import __version__
from handrail.entrypoints import healthcheck

PROJECT = Path(__file__).parents[3]
DOCKERFILE = (PROJECT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
BUILD, FINAL = re.split(r"^FROM .*$", DOCKERFILE, flags=re.MULTILINE)[1:]


def instructions(stage: str, name: str) -> list[str]:
    return re.findall(rf"^{name} +(.+)$", stage, flags=re.MULTILINE)


def test_the_base_is_an_argument_and_by_default_a_slim_python_by_digest() -> None:
    assert re.search(
        r"^ARG BASE_IMAGE=python:3\.11-slim-\w+@sha256:[0-9a-f]{64}$", DOCKERFILE, re.MULTILINE
    )
    assert re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE) == ["${BASE_IMAGE}"] * 2


def test_every_installation_is_by_hash_or_of_what_was_built_here() -> None:
    installations = re.findall(r"pip (?:--python \S+ )?(?:install|wheel)[^&\n]*", DOCKERFILE)
    assert len(installations) == 4
    assert all("--require-hashes" in each or "--no-index" in each for each in installations)


def test_only_the_service_s_own_lock_is_installed() -> None:
    locks = set(re.findall(r"requirements/\w+\.lock", DOCKERFILE))
    assert locks == {"requirements/build.lock", "requirements/service.lock"}


def test_secrets_are_mounted_where_the_final_image_isn_t_made() -> None:
    assert "type=secret" in BUILD
    assert "type=secret" not in FINAL


def test_the_version_it_claims_is_the_project_s() -> None:
    assert f"VERSION={__version__}" in instructions(FINAL, "ARG")


def test_it_runs_as_a_numeric_user_that_isn_t_root() -> None:
    (user,) = instructions(FINAL, "USER")
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)


def test_it_asks_the_port_it_serves_whether_it_is_healthy() -> None:
    (command,) = instructions(FINAL, "CMD")
    assert ast.literal_eval(command)[-2:] == ["--port", str(healthcheck.PORT)]
    (check,) = instructions(FINAL, "HEALTHCHECK")
    assert ast.literal_eval(check.partition("CMD ")[2])[-2:] == [
        "-m",
        "handrail.entrypoints.healthcheck",
    ]


def test_it_starts_without_a_shell() -> None:
    (entrypoint,) = instructions(FINAL, "ENTRYPOINT")
    assert ast.literal_eval(entrypoint) == ["/opt/handrail/bin/handrail"]


def test_every_aws_client_of_the_service_is_one_that_the_image_keeps() -> None:
    known = set(Session().get_available_services())
    source = (PROJECT / "service/aws/clients.py").read_text(encoding="utf-8")
    texts = {node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)}
    for module in (PROJECT / "service/aws").rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            match node:  # `clients.client("sqs")`, `asking.ask("logs", …)`
                case ast.Call(ast.Attribute(attr="client" | "ask"), [ast.Constant(name), *_]):
                    texts.add(name)
    used = texts & known
    assert {"stepfunctions", "lambda", "sts", "dynamodb", "sqs", "kinesis"} <= used
    assert {"apigatewaymanagementapi", "iam", "logs", "service-quotas"} <= used
    assert used <= SERVICES


def test_what_it_copies_is_all_that_is_sent_to_the_builder() -> None:
    ignored = (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert next(line for line in ignored if not line.startswith("#")) == "*"
    sent = [line.removeprefix("!") for line in ignored if line.startswith("!")]
    copied = [word for line in instructions(BUILD, "COPY") for word in line.split()[:-1]]
    assert [
        path
        for path in copied
        if not any(Path(path).match(f"{each}*") or path.startswith(f"{each}/") for each in sent)
    ] == []
