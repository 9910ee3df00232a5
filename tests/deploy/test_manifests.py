import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from services.runtime.service import SERVICES
from services.runtime.settings import PASSWORDS, SECURITY, VARIABLES

_TOP = Path(__file__).parents[2]
_KUBERNETES = _TOP / "deploy" / "kubernetes"
_PROMETHEUS = _TOP / "deploy" / "prometheus"
_SCHEMA = "1.37"
_IMAGES = {
    "apache/kafka:4.1.0",
    "grafana/grafana:12.2.0",
    "postgres:17",
    "prom/prometheus:v3.5.0",
    "python:3.11-slim-bookworm",
    "zoneledger:dev",
}
_SETTINGS = {*VARIABLES.values(), *SECURITY.values(), *PASSWORDS.values()}
_PROCESSES = {(service, role) for service in SERVICES for role in ("api", "worker")}

Document = dict[str, Any]


def manifests(*kinds: str) -> list[Document]:
    found = [
        document
        for file in sorted(_KUBERNETES.glob("*.yaml"))
        for document in yaml.safe_load_all(file.read_text("utf-8"))
    ]
    return [each for each in found if not kinds or each["kind"] in kinds]


COMPOSE = (_TOP / "docker-compose.yml").read_text("utf-8")
STACK: dict[str, Document] = yaml.safe_load(COMPOSE)["services"]
PROGRAMS = {name: each for name, each in STACK.items() if "zoneledger" in each["image"]}
DEPLOYMENTS = manifests("Deployment")
WORKLOADS = manifests("Deployment", "Job")


def named(document: Document) -> str:
    return f"{document['kind']} {document.get('metadata', {}).get('name', '')}"


@pytest.mark.parametrize("manifest", manifests(), ids=named)
def test_a_manifest_says_only_what_kubernetes_knows(manifest: Document) -> None:
    if manifest["kind"] != "Kustomization":  # It has no published schema.
        kubernetes_validate.validate(manifest, _SCHEMA, strict=True)


def test_a_misspelt_field_of_a_manifest_is_found() -> None:
    wrong = {**DEPLOYMENTS[0], "spec": {**DEPLOYMENTS[0]["spec"], "replica": 2}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, _SCHEMA, strict=True)


def test_the_kustomization_names_every_manifest() -> None:
    [kustomization] = manifests("Kustomization")
    files = {file.name for file in _KUBERNETES.glob("*.yaml")} - {"kustomization.yaml"}
    assert sorted(kustomization["resources"]) == sorted(files)


def test_everything_but_the_namespace_lies_in_the_namespace() -> None:
    [namespace] = manifests("Namespace")
    for each in manifests():
        if each["kind"] not in {"Namespace", "Kustomization"}:
            assert each["metadata"]["namespace"] == namespace["metadata"]["name"]


def test_no_secret_is_committed() -> None:
    assert manifests("Secret") == []


@pytest.mark.parametrize("workload", WORKLOADS, ids=named)
def test_a_container_is_an_ordinary_user_that_can_do_nothing_else(workload: Document) -> None:
    pod = workload["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == 10001
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in pod["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"].keys() == {"requests", "limits"}


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=named)
def test_a_deployment_has_a_disruption_budget_for_its_pods(deployment: Document) -> None:
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    [budget] = [
        each
        for each in manifests("PodDisruptionBudget")
        if each["spec"]["selector"]["matchLabels"].items() <= labels.items()
    ]
    assert budget["metadata"]["name"] == deployment["metadata"]["name"]


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=named)
def test_a_deployment_leaves_its_last_pod_room_to_move(deployment: Document) -> None:
    [budget] = [
        each["spec"]
        for each in manifests("PodDisruptionBudget")
        if each["metadata"]["name"] == deployment["metadata"]["name"]
    ]
    assert budget.get("minAvailable", 0) < deployment["spec"]["replicas"]


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=named)
def test_a_deployment_is_asked_whether_it_lives_and_whether_it_is_ready(
    deployment: Document,
) -> None:
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    asked = {name: container[name]["httpGet"]["path"] for name in container if "Probe" in name}
    assert asked == {"startupProbe": "/live", "livenessProbe": "/live", "readinessProbe": "/ready"}


def test_the_three_services_are_deployed_alike() -> None:
    texts = {
        (_KUBERNETES / f"{service}.yaml").read_text("utf-8").replace(service, "SERVICE")
        for service in SERVICES
    }
    assert len(texts) == 1


def test_both_stacks_run_an_api_and_a_worker_of_each_service() -> None:
    by_compose = [each["command"] for each in PROGRAMS.values() if each["command"][0] == "run"]
    by_kubernetes = [
        each["spec"]["template"]["spec"]["containers"][0]["args"] for each in DEPLOYMENTS
    ]
    for commands in (by_compose, by_kubernetes):
        assert sorted(map(tuple, commands)) == sorted(("run", *each) for each in _PROCESSES)


def test_a_stack_says_nothing_to_a_process_that_it_does_not_read() -> None:
    said = {name for each in PROGRAMS.values() for name in each.get("environment", {})}
    for config in manifests("ConfigMap"):
        said |= config["data"].keys()
    for workload in WORKLOADS:
        for container in workload["spec"]["template"]["spec"]["containers"]:
            said |= {each["name"] for each in container["env"]}
    assert said - _SETTINGS == set()


@pytest.mark.parametrize("tool", [("docker", "compose"), ("docker-compose",)], ids=" ".join)
def test_compose_is_read_by_its_old_and_its_new_program(tool: tuple[str, ...]) -> None:
    if not can_run(*tool, "version"):
        pytest.skip(f"no {' '.join(tool)} here")
    for profile in ("", "observability"):
        command = [*tool, "--file", "docker-compose.yml", "config", "--quiet"]
        subprocess.run(
            command, cwd=_TOP, env={**os.environ, "COMPOSE_PROFILES": profile}, check=True
        )


def test_the_kustomization_can_be_built() -> None:
    if not can_run("kubectl", "version", "--client"):
        pytest.skip("no kubectl here")
    subprocess.run(["kubectl", "kustomize", _KUBERNETES], check=True, capture_output=True)


def can_run(program: str, *arguments: str) -> bool:
    if not shutil.which(program):
        return False
    return subprocess.run([program, *arguments], capture_output=True, check=False).returncode == 0


def test_compose_names_only_images_that_are_pinned_here() -> None:
    default = re.compile(r"_IMAGE:-([^}]+)}")
    assert set(default.findall(COMPOSE)) == _IMAGES
    for each in STACK.values():
        assert default.search(each["image"])


def test_compose_publishes_on_loopback_only() -> None:
    ports = [port for each in STACK.values() for port in each.get("ports", [])]
    assert len(ports) == 5
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_compose_keeps_data_in_volumes_and_starts_again_what_died() -> None:
    for name, each in STACK.items():
        assert each["restart"] == (
            "no" if name in {"adopt", "keys", "prepare"} else "unless-stopped"
        )
    assert STACK["postgres"]["volumes"] == ["postgres:/var/lib/postgresql/data"]
    assert STACK["kafka"]["volumes"] == ["kafka:/var/lib/kafka/data"]


def test_no_topic_is_made_by_using_it() -> None:
    assert STACK["kafka"]["environment"]["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


def test_what_can_be_set_for_compose_is_in_the_example() -> None:
    example = (_TOP / ".env.example").read_text("utf-8")
    can_be_set = set(re.findall(r"\$\{(\w+):-", COMPOSE))
    shown = set(re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE))
    assert can_be_set - shown == {"ZONELEDGER_IMAGE", "ZONELEDGER_TOPIC_PARTITIONS"}
    assert shown <= can_be_set


def test_what_is_watched_is_measured() -> None:
    dashboard = json.loads(
        (_TOP / "deploy" / "grafana" / "dashboards" / "zoneledger.json").read_text("utf-8")
    )
    rules = yaml.safe_load((_PROMETHEUS / "alerts.yml").read_text("utf-8"))["groups"][0]["rules"]
    expressions = [rule["expr"] for rule in rules] + [
        target["expr"] for panel in dashboard["panels"] for target in panel["targets"]
    ]
    watched = {name for each in expressions for name in re.findall(r"\bzoneledger_(\w+)", each)}
    program = "".join(
        file.read_text("utf-8") for file in (_TOP / "services" / "runtime").rglob("*.py")
    )
    assert {
        name for name in watched if re.sub("_(bucket|count|total)$", "", name) not in program
    } == set()


@pytest.mark.parametrize("name", ["relay_active", "checkpoint_age_seconds", "lag_seconds"])
def test_what_a_worker_that_dies_early_never_tells_is_missed(name: str) -> None:
    rules = yaml.safe_load((_PROMETHEUS / "alerts.yml").read_text("utf-8"))["groups"][0]["rules"]
    missed = re.compile(rf"unless on \([a-z, ]+\) \(zoneledger_{name}\b")
    assert len([rule for rule in rules if missed.search(rule["expr"])]) == 1


def test_prometheus_asks_every_process() -> None:
    [job] = yaml.safe_load((_PROMETHEUS / "prometheus.yml").read_text("utf-8"))["scrape_configs"]
    asked = {
        (group["labels"]["service"], group["labels"]["role"]): group["targets"]
        for group in job["static_configs"]
    }
    assert asked == {(one, role): [f"{one}-{role}:9464"] for one, role in _PROCESSES}


def test_the_operations_page_says_what_to_do_about_every_alert() -> None:
    page = (_TOP / "docs" / "operations.md").read_text("utf-8")
    rules = yaml.safe_load((_PROMETHEUS / "alerts.yml").read_text("utf-8"))["groups"][0]["rules"]
    assert [rule["alert"] for rule in rules if f"`{rule['alert']}`" not in page] == []
