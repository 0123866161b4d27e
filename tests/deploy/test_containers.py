"""The image and what starts it."""

import re
import typing

import pytest
import typer
import yaml

from deploy.files import ROOT, RUNBOOK, SCRAPE, instructions, manifest
from nearhit_server.cli.server_options import Server
from nearhit_server.exposure import ExposureError, check_exposure
from nearhit_server.settings import Settings

DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
DEPLOYED = [
    *(ROOT / "Dockerfile", ROOT / "compose.yaml", RUNBOOK),
    *sorted((ROOT / "deploy").rglob("*.*")),
]


def variables_of_commands() -> set[str]:
    hints = typing.get_type_hints(Server, include_extras=True).values()
    options = [note for hint in hints for note in getattr(hint, "__metadata__", ())]
    return {str(option.envvar) for option in options if isinstance(option, typer.models.OptionInfo)}


def image_variables() -> dict[str, str]:
    (environment,) = (text for name, text in instructions(DOCKERFILE) if name == "ENV")
    return dict(pair.split("=", 1) for pair in environment.split())


@pytest.mark.parametrize("path", DEPLOYED, ids=lambda path: path.name)
def test_variables_that_are_named_are_read(path):
    named = set(re.findall(r"\bNEARHIT_[A-Z_]+\b", path.read_text()))
    settings = {f"NEARHIT_{name.upper()}" for name in Settings.model_fields}
    assert named <= settings | variables_of_commands()


def test_image_is_made_in_two_stages_and_runs_without_root():
    done = list(instructions(DOCKERFILE))
    stages = [arguments for name, arguments in done if name == "FROM"]
    assert [" AS " in stage for stage in stages] == [True, False]
    last = done[[i for i, (name, _) in enumerate(done) if name == "FROM"][-1] :]
    assert [arguments for name, arguments in last if name == "USER"] == ["10001:10001"]
    copied = [arguments for name, arguments in last if name == "COPY"]
    assert copied == ["--from=build /opt/nearhit /opt/nearhit"]
    assert not any("pip" in arguments for name, arguments in last if name == "RUN")


def test_image_brings_the_default_model_converted():
    (prepared,) = re.findall(r"RUN NEARHIT_MODEL_CACHE_DIR=(\S+) \S+ prepare", DOCKERFILE)
    assert image_variables()["NEARHIT_MODEL_CACHE_DIR"] == prepared


def test_image_installs_the_versions_that_were_tested():
    assert "pip install --no-cache-dir --constraint constraints.txt" in DOCKERFILE


def test_image_copies_what_there_is_and_is_not_ignored():
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    copied = {
        source
        for name, arguments in instructions(DOCKERFILE)
        if name == "COPY" and not arguments.startswith("--from")
        for source in arguments.split()[:-1]
    }
    assert copied == {line[1:] for line in ignored if line.startswith("!")}
    assert all((ROOT / source).exists() for source in copied)


def test_image_runs_as_the_user_that_the_pod_names():
    user = manifest("Deployment")["spec"]["template"]["spec"]["securityContext"]["runAsUser"]
    assert f"groupadd --gid {user} nearhit" in DOCKERFILE
    assert f"useradd --uid {user} --gid nearhit" in DOCKERFILE


def test_image_listens_on_the_ports_that_it_exposes(monkeypatch):
    for name, value in image_variables().items():
        if name.startswith("NEARHIT_"):
            monkeypatch.setenv(name, value)
    settings = Settings.load()
    (exposed,) = (arguments for name, arguments in instructions(DOCKERFILE) if name == "EXPOSE")
    assert exposed.split() == [address.split(":")[1] for address in (settings.grpc, settings.http)]
    with pytest.raises(ExposureError):
        check_exposure(settings)


def test_image_is_asked_for_its_health():
    (check,) = (arguments for name, arguments in instructions(DOCKERFILE) if name == "HEALTHCHECK")
    assert check.endswith('CMD ["nearhit", "health"]')


def test_compose_opens_the_server_to_this_machine_alone():
    service = COMPOSE["services"]["nearhit"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert [port.rpartition(":")[2] for port in service["ports"]] == ["50051", "8080"]
    assert service["environment"]["NEARHIT_INSECURE"] == "true"


def test_compose_runs_the_server_with_a_file_system_that_is_read_only():
    service = COMPOSE["services"]["nearhit"]
    assert service["read_only"]
    assert service["tmpfs"] == ["/tmp"]
    assert service["cap_drop"] == ["ALL"]


def test_compose_waits_longer_than_the_grace_period():
    seconds = int(COMPOSE["services"]["nearhit"]["stop_grace_period"].removesuffix("s"))
    settings = Settings()
    assert seconds > settings.drain_delay_seconds + settings.grace_period_seconds


def test_prometheus_finds_the_port_by_its_name_in_the_pod():
    (job,) = yaml.safe_load(SCRAPE.read_text())["scrape_configs"]
    kept = {
        rule["source_labels"][0]: rule["regex"]
        for rule in job["relabel_configs"]
        if rule.get("action") == "keep"
    }
    (container,) = manifest("Deployment")["spec"]["template"]["spec"]["containers"]
    assert kept["__meta_kubernetes_pod_container_port_name"] in {
        port["name"] for port in container["ports"]
    }
