"""The Kubernetes manifest agrees with the image, the settings and itself."""

import json
import re
from typing import Any

import yaml

from handrail.server.server_config import ServerConfig
from handrail.settings import Settings, variable_of
from tests.deploy.templates import DEPLOY, ROOT, load

DOCUMENTS = list(yaml.safe_load_all((DEPLOY / "kubernetes/handrail.yaml").read_text("utf-8")))
BY_KIND: dict[str, dict[str, Any]] = {each["kind"]: each for each in DOCUMENTS}
POD = BY_KIND["Deployment"]["spec"]["template"]["spec"]
[CONTAINER] = POD["containers"]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
LABELS = {"app.kubernetes.io/name": "handrail"}
SECRETS = {
    "api-keys": "reader:" + "0" * 64,
    "bus-url": "rediss://bus.internal:6379",
    "link-keys": "",
    "events-secret": "made-up-secret-of-events",
    "notify": '[{"on": ["failed"], "url": "https://hooks.example", "secret": "whsec_'
    + "c2VjcmV0" * 4
    + '"}]',
}


def environment() -> dict[str, str]:
    """What the container is told; its secrets are made up."""
    return {
        each["name"]: (
            each["value"] if "value" in each else SECRETS[each["valueFrom"]["secretKeyRef"]["key"]]
        )
        for each in CONTAINER["env"]
    }


def settings() -> Settings:
    names = {variable_of(name): name for name in Settings.model_fields}
    told = {name: value for name, value in environment().items() if not name.startswith("AWS_")}
    return Settings.model_validate({names[name]: value for name, value in told.items()})


def in_dockerfile(pattern: str) -> str:
    [found] = re.findall(pattern, DOCKERFILE, re.MULTILINE)
    return str(found)


def test_the_environment_is_one_the_service_starts_with() -> None:
    assert settings().auth_ways == {"api-key"}


def test_it_is_for_the_state_machines_that_are_named() -> None:
    """Another stage's, in the same account, are not there for it."""
    names = environment()["HANDRAIL_MACHINES"].split(",")

    assert all((ROOT / "state_machines" / name).is_dir() for name in names)


def test_it_runs_as_the_image_does() -> None:
    user = in_dockerfile(r"^USER (\S+)$")
    pod = POD["securityContext"]

    assert f"{pod['runAsUser']}:{pod['runAsGroup']}" == user
    assert pod["runAsNonRoot"]
    assert CONTAINER["args"] == json.loads(in_dockerfile(r"^CMD (\[.*\])$"))
    assert str(CONTAINER["ports"][0]["containerPort"]) == in_dockerfile(r"^EXPOSE (\d+)$")
    assert CONTAINER["image"].endswith(":" + in_dockerfile(r"^ARG VERSION=(\S+)$"))
    assert CONTAINER["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_it_has_the_time_to_end_in_order() -> None:
    told = settings()
    ending_s = (
        max(told.drain_delay_s, told.graceful_timeout_s)  # callbacks in hand
        + told.drain_window_s
        + told.graceful_timeout_s
        + ServerConfig.shutdown_timeout
    )

    assert ending_s < POD["terminationGracePeriodSeconds"]


def test_it_is_out_of_the_service_before_the_port_is_closed() -> None:
    """There is no shell in the image, so no `preStop` could sleep."""
    probe = CONTAINER["readinessProbe"]
    noticed_s = probe["periodSeconds"] * probe["failureThreshold"] + probe["timeoutSeconds"]

    assert settings().drain_delay_s >= noticed_s
    assert "lifecycle" not in CONTAINER


def test_aws_being_away_makes_it_unready_and_ends_nothing() -> None:
    port = CONTAINER["ports"][0]["name"]
    paths = {
        name: CONTAINER[f"{name}Probe"]["httpGet"] for name in ("startup", "readiness", "liveness")
    }

    assert {name: get["path"] for name, get in paths.items()} == {
        "startup": "/healthz",
        "readiness": "/readyz",
        "liveness": "/healthz",
    }
    assert {get["port"] for get in paths.values()} == {port}


def test_numbers_are_those_of_the_template_for_ecs() -> None:
    task = load("container")["Resources"]["TaskDefinition"]["Properties"]
    written = {
        each["Name"]: each["Value"]
        for each in task["ContainerDefinitions"][0]["Environment"]
        if isinstance(each.get("Value"), str)
    }
    parameters = load("container")["Parameters"]
    here = environment()

    # ECS has taken a task out before it says SIGTERM; on Kubernetes, Prometheus is what counts.
    other = {"HANDRAIL_DRAIN_DELAY_S", "HANDRAIL_METRICS"}
    assert {name: here.get(name) for name in written.keys() - other} == {
        name: value for name, value in written.items() if name not in other
    }
    assert here["HANDRAIL_LIVE_READS_PER_S"] == parameters["HistoryReadsPerS"]["Default"]
    scaling = BY_KIND["HorizontalPodAutoscaler"]["spec"]
    assert scaling["minReplicas"] == parameters["MinCount"]["Default"]
    assert scaling["maxReplicas"] == parameters["MaxCount"]["Default"]
    assert (
        CONTAINER["resources"]["limits"]["memory"] == f"{parameters['Memory']['Default'] // 1024}Gi"
    )


def test_documents_name_each_other() -> None:
    deployment, service = BY_KIND["Deployment"], BY_KIND["Service"]

    assert deployment["spec"]["template"]["metadata"]["labels"] == LABELS
    assert deployment["spec"]["selector"] == {"matchLabels": LABELS}
    assert service["spec"]["selector"] == LABELS
    assert service["spec"]["ports"][0]["targetPort"] == CONTAINER["ports"][0]["name"]
    assert BY_KIND["PodDisruptionBudget"]["spec"]["selector"] == {"matchLabels": LABELS}
    target = BY_KIND["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]
    assert target == {
        "apiVersion": deployment["apiVersion"],
        "kind": "Deployment",
        "name": deployment["metadata"]["name"],
    }
    assert POD["serviceAccountName"] == BY_KIND["ServiceAccount"]["metadata"]["name"]
    assert "replicas" not in deployment["spec"]
