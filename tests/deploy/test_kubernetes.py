"""Manifests that Kubernetes would take, and that keep what they promise."""

import kubernetes_validate
import pytest
from pydantic import ValidationError

from deploy.files import KUSTOMIZATION, MANIFESTS, documents, manifest, manifests
from nearhit_server.exposure import check_exposure
from nearhit_server.settings import Settings

VERSION = "1.35"
LABELS = {"app.kubernetes.io/name": "nearhit"}


@pytest.fixture
def pod():
    return manifest("Deployment")["spec"]["template"]["spec"]


@pytest.fixture
def container(pod):
    (container,) = pod["containers"]
    return container


@pytest.fixture
def variables(container):
    """The variables of the server, as its sources make them; the Secret's have a value."""
    sources = container["envFrom"]
    assert sources == [{"configMapRef": {"name": "nearhit"}}, {"secretRef": {"name": "nearhit"}}]
    return manifest("ConfigMap")["data"] | {
        "NEARHIT_API_KEYS": "a-key",
        "NEARHIT_STORE": "rediss://redis.example:6379",
    }


@pytest.fixture
def settings(variables, monkeypatch):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return Settings.load()


@pytest.mark.parametrize("each", manifests(), ids=lambda m: f"{m['kind']} {m['metadata']['name']}")
def test_manifest_is_what_kubernetes_takes_to_the_letter(each):
    assert kubernetes_validate.validate(each, VERSION, strict=True) == VERSION


def test_validation_refuses_a_field_that_there_is_not():
    deployment = manifest("Deployment")
    deployment["spec"]["template"]["spec"]["containers"][0]["imagePullPolice"] = "Always"
    with pytest.raises(kubernetes_validate.ValidationError, match="imagePullPolice"):
        kubernetes_validate.validate(deployment, VERSION, strict=True)


def test_kustomization_has_every_manifest_but_the_example():
    (kustomization,) = documents(KUSTOMIZATION)
    names = {path.name for path in MANIFESTS.glob("*.yaml")}
    left_out = {KUSTOMIZATION.name, "secret.example.yaml"}
    assert set(kustomization["resources"]) == names - left_out


def test_settings_let_the_server_listen_beyond_loopback_without_insecure(settings):
    assert not settings.insecure
    assert settings.asks_for_keys
    assert settings.tls_certificate is not None
    check_exposure(settings)


def test_example_of_the_secret_is_refused_by_the_server():
    secret = manifest("Secret")["stringData"]
    for name, value in secret.items():
        setting = name.removeprefix("NEARHIT_").lower()
        with pytest.raises(ValidationError):
            Settings(**{setting: value})


def test_pod_has_longer_to_end_than_its_server_takes(pod, settings):
    takes = settings.drain_delay_seconds + settings.grace_period_seconds
    assert settings.drain_delay_seconds > 0
    assert pod["terminationGracePeriodSeconds"] > takes


def test_no_call_outlasts_the_grace_period(settings):
    assert settings.max_call_seconds < settings.grace_period_seconds


def test_pod_may_do_no_more_than_it_needs(pod, container):
    assert pod["automountServiceAccountToken"] is False
    assert manifest("ServiceAccount")["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["runAsUser"] == 10001
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"].keys() == {"memory"}
    assert container["resources"]["requests"].keys() == {"cpu", "memory"}


def test_variables_that_kubernetes_makes_of_services_are_off(pod):
    assert pod["enableServiceLinks"] is False


def test_pod_has_the_files_that_its_settings_name(container, settings):
    folders = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
    assert folders["/etc/nearhit/tls"].keys().isdisjoint({"subPath", "subPathExpr"})
    assert str(settings.tls_certificate) == "/etc/nearhit/tls/tls.crt"
    assert str(settings.tls_key) == "/etc/nearhit/tls/tls.key"
    assert "/tmp" in folders


def test_ports_are_those_that_the_server_listens_on(container, settings):
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    listened = {"grpc": settings.grpc, "http": settings.http}
    assert ports == {name: int(address.rpartition(":")[2]) for name, address in listened.items()}


def test_probes_ask_over_https_where_the_server_answers(container):
    probes = ("startup", "liveness", "readiness")
    paths = {probe: container[f"{probe}Probe"]["httpGet"] for probe in probes}
    assert all(get["port"] == "http" and get["scheme"] == "HTTPS" for get in paths.values())
    assert {probe: get["path"] for probe, get in paths.items()} == {
        "startup": "/healthz",
        "liveness": "/healthz",
        "readiness": "/readyz",
    }


def test_everything_is_about_the_same_pods():
    deployment = manifest("Deployment")["spec"]
    assert deployment["template"]["metadata"]["labels"] == LABELS
    assert deployment["selector"]["matchLabels"] == LABELS
    assert manifest("PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == LABELS
    assert manifest("NetworkPolicy")["spec"]["podSelector"]["matchLabels"] == LABELS
    services = [each for each in manifests() if each["kind"] == "Service"]
    assert [service["spec"]["selector"] for service in services] == [LABELS, LABELS]
    target = manifest("HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]
    assert target == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "nearhit"}


def test_pod_may_reach_all_that_the_server_calls():
    egress = manifest("NetworkPolicy")["spec"]["egress"]
    dns, redis, sentinel, traces = 53, 6379, 26379, 4317
    ports = {port["port"] for rule in egress for port in rule["ports"]}
    assert ports == {dns, redis, sentinel, traces}


def test_service_for_grpc_resolves_to_the_pods():
    services = {
        each["metadata"]["name"]: each["spec"] for each in manifests() if each["kind"] == "Service"
    }
    assert services["nearhit-grpc"]["clusterIP"] == "None"
    assert [port["targetPort"] for port in services["nearhit-grpc"]["ports"]] == ["grpc"]
    assert "clusterIP" not in services["nearhit"]


def test_there_is_always_a_pod_that_answers():
    deployment = manifest("Deployment")["spec"]
    assert deployment["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    # Every kubectl apply would undo what the autoscaler has done.
    assert "replicas" not in deployment
    autoscaler = manifest("HorizontalPodAutoscaler")["spec"]
    assert autoscaler["maxReplicas"] > autoscaler["minReplicas"] >= 2
    assert manifest("PodDisruptionBudget")["spec"]["maxUnavailable"] == 1
