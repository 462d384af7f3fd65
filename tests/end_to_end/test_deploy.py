"""The files of examples/deploy hold together, and with the server: run where this machine can, read where it cannot.

No container engine and no cluster is needed, and none has seen these files; docs/operations.md says so.
"""

from __future__ import annotations

import dataclasses
import json
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from reward_service.config import PoolConfig, ServerConfig, TlsConfig
from reward_service.config_file import config_from, load_config
from reward_service.judges.config import JudgeConfig
from reward_service.types import Status
from rfteval.cli.app import execute

ROOT = Path(__file__).resolve().parent.parent.parent
DEPLOY = ROOT / "examples" / "deploy"
FENCE = re.compile(r"^```(\w*) ?([\w.]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MIB = 1 << 20


def start(folder: Path, *arguments: object) -> subprocess.Popen[str]:
    """`rfteval serve` in `folder`, once it listens."""
    process = subprocess.Popen(
        [sys.executable, "-m", "rfteval", "serve", *map(str, arguments)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    if not process.stdout.readline().startswith("listening on "):
        pytest.fail(process.communicate(timeout=10)[1])
    return process


def end(process: subprocess.Popen[str]) -> int:
    """Its exit code after SIGTERM."""
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    return process.returncode


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


# The TLS recipe.


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which every shell block of the recipe was run, with the files it shows."""
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl command")
    folder = tmp_path_factory.mktemp("recipe")
    for kind, name, body in FENCE.findall((DEPLOY / "tls.md").read_text(encoding="utf-8")):
        if kind == "sh":
            subprocess.run(["sh", "-e", "-c", body], cwd=folder, check=True, capture_output=True)
        elif name:
            (folder / name).write_text(body)
    return folder


def test_the_recipe_works_as_written(
    papers: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only the port is another one. Each thing that is left out of the caller's file is missed by the server."""
    monkeypatch.chdir(papers)
    port = free_port()
    config = (papers / "server.toml").read_text()
    assert "127.0.0.1:50051" in config
    (papers / "here.toml").write_text(config.replace(":50051", f":{port}"))
    process = start(papers, "--config", "here.toml")
    try:
        ask = ["doctor", "--server", f"127.0.0.1:{port}", "--timeout-s", "60", "--credentials"]
        assert execute([*ask, "client.toml"]) == 0, capsys.readouterr().out
        assert "token accepted" in capsys.readouterr().out
        whole = (papers / "client.toml").read_text().splitlines()
        for left_out, remedy in ((("token_file",), "token_file"), (("certificate", "key"), "certificate = PEM")):
            (papers / "partial.toml").write_text(
                "\n".join(line for line in whole if line.split(" ")[0] not in left_out)
            )
            assert execute([*ask, "partial.toml"]) == 1
            assert remedy in capsys.readouterr().out
    finally:
        assert end(process) == 0
    modes = {name: (papers / name).stat().st_mode & 0o777 for name in ("authority.key", "server.key", "tokens")}
    assert set(modes.values()) == {0o600}


# server.toml, which the unit and the image read.


@pytest.fixture
def moved(papers: Path, tmp_path: Path) -> Path:
    """examples/deploy/server.toml, with the folders and ports of this test instead of the machine's."""
    port = free_port()
    text = (DEPLOY / "server.toml").read_text(encoding="utf-8")
    for old, new in (
        ("/etc/rfteval", str(papers)),
        ("/run/rfteval", str(tmp_path)),
        ("0.0.0.0:50051", "127.0.0.1:0"),
        ("0.0.0.0:9464", f"127.0.0.1:{port}"),
        ("drain_notice_s = 5", "drain_notice_s = 0"),
        ("[pool]\n", "[pool]\npreload = false\n"),
    ):
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "server.toml"
    path.write_text(text)
    return path


def test_the_settings_serve_and_the_health_check_of_the_image_sees_it(
    moved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    process = start(moved.parent, "--config", moved)
    try:
        check = [word.replace("/run/rfteval", str(moved.parent)) for word in health_check()]
        assert check[0] == "rfteval"
        assert execute(check[1:]) == 0, capsys.readouterr().out
        scraped = metric_names(load_config(moved).metrics_listen or "")
    finally:
        assert end(process) == 0
    assert execute(check[1:]) == 1
    used = set(re.findall(r"\breward_\w+", (DEPLOY / "rfteval-rules.yml").read_text(encoding="utf-8")))
    assert used and used <= scraped
    shown = set(re.findall(r"`(reward_\w+)", (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")))
    assert shown == {name for name in scraped if not name.endswith(("_bucket", "_sum", "_created", "_count"))}


def metric_names(address: str) -> set[str]:
    """Every name in a scrape: families as well as samples, which may not exist yet."""
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    families = dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE))
    names = set(families)
    for family, kind in families.items():
        if kind == "histogram":
            names |= {f"{family}_bucket", f"{family}_sum", f"{family}_count"}
    return names


def health_check() -> list[str]:
    """The words of the image's health check."""
    found = re.search(r"^HEALTHCHECK .*?CMD (\[.*?\])$", containerfile(), re.MULTILINE | re.DOTALL)
    assert found is not None
    words: list[str] = json.loads(found[1])
    return words


def containerfile() -> str:
    return (DEPLOY / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")


def test_the_image_copies_what_exists_and_runs_as_nobody_special() -> None:
    instructions = [line.split(maxsplit=1) for line in containerfile().splitlines() if line and line[0] != "#"]
    known = {
        "FROM",
        "WORKDIR",
        "COPY",
        "RUN",
        "ENV",
        "USER",
        "EXPOSE",
        "STOPSIGNAL",
        "HEALTHCHECK",
        "ENTRYPOINT",
        "CMD",
    }
    assert {name for name, _ in instructions} <= known
    for name, rest in instructions:
        if name == "COPY" and "--from" not in rest:
            assert all((ROOT / source).exists() for source in rest.split()[:-1]), rest
    last = dict(instructions)
    assert last["USER"].split(":")[0].isdigit() and last["USER"] != "0"
    assert last["STOPSIGNAL"] == "SIGTERM"
    assert json.loads(last["ENTRYPOINT"]) == ["rfteval", "serve"]
    settings = load_config(DEPLOY / "server.toml")
    ports = {address.rpartition(":")[2] for address in (*settings.listen, settings.metrics_listen or "")}
    assert set(last["EXPOSE"].split()) <= ports


# The systemd unit.


def unit() -> list[tuple[str, str]]:
    lines = (DEPLOY / "rfteval.service").read_text(encoding="utf-8").splitlines()
    return [(line.partition("=")[0], line.partition("=")[2]) for line in lines if "=" in line and line[0] != "#"]


def test_the_unit_gives_a_server_time_to_drain_and_signals_it_alone() -> None:
    settings = dict(unit())
    config = load_config(DEPLOY / "server.toml")
    assert settings["KillMode"] == "mixed"  # SIGTERM to a worker would cut off what it checks
    assert int(settings["TimeoutStopSec"]) > max(config.drain_s, config.drain_notice_s) + 1
    loaded = {value.partition(":")[0] for name, value in unit() if name == "LoadCredential"}
    assert set(re.findall(r"%d/([\w.]+)", settings["ExecStart"])) == loaded
    assert f"/run/{settings['RuntimeDirectory']}/" in str(config.listen)


def test_the_command_of_the_unit_serves(papers: Path, moved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = shlex.split(dict(unit())["ExecStart"].replace("%d", str(papers)))
    arguments = [word.replace("/etc/rfteval/server.toml", str(moved)) for word in words[2:]]
    assert words[0].endswith("/rfteval") and words[1] == "serve"
    process = start(moved.parent, *arguments)
    try:
        assert execute(["doctor", "--server", f"unix:{moved.parent}/health.sock", "--quick"]) == 0
    finally:
        assert end(process) == 0


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs the systemd-analyze command")
    path = tmp_path / "rfteval.service"
    text = (DEPLOY / "rfteval.service").read_text(encoding="utf-8")
    text = text.replace("/usr/local/bin/rfteval", shutil.which("true") or "/bin/true")

    def complaints(unit_text: str) -> str:
        path.write_text(unit_text)
        done = subprocess.run(["systemd-analyze", "verify", str(path)], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return "\n".join(line for line in done.stderr.splitlines() if "rfteval.service" in line)

    assert not complaints(text)
    assert "KilMode" in complaints(text.replace("KillMode", "KilMode"))  # it only warns of an unknown setting


# The Kubernetes manifest, whose fields are named by the Kubernetes API reference (v1, apps/v1, networking.k8s.io/v1).

OBJECT = {"apiVersion", "kind", "metadata"}
FIELDS: dict[str, set[str]] = {
    "ConfigMap": OBJECT | {"data"},
    "Deployment": OBJECT | {"spec"},
    "Deployment.spec": {"replicas", "selector", "strategy", "template"},
    "Deployment.spec.selector": {"matchLabels"},
    "Deployment.spec.strategy": {"type", "rollingUpdate"},
    "Deployment.spec.strategy.rollingUpdate": {"maxSurge", "maxUnavailable"},
    "Deployment.spec.template": {"metadata", "spec"},
    "Deployment.spec.template.spec": {
        *("automountServiceAccountToken", "terminationGracePeriodSeconds", "securityContext", "containers", "volumes"),
    },
    "Deployment.spec.template.spec.securityContext": {
        *("runAsNonRoot", "runAsUser", "runAsGroup", "fsGroup", "seccompProfile"),
    },
    "Deployment.spec.template.spec.securityContext.seccompProfile": {"type", "localhostProfile"},
    "Deployment.spec.template.spec.containers": {
        *("name", "image", "command", "args", "ports", "env", "startupProbe", "readinessProbe", "livenessProbe"),
        *("lifecycle", "resources", "securityContext", "volumeMounts"),
    },
    "Deployment.spec.template.spec.containers.ports": {"name", "containerPort", "protocol"},
    "Deployment.spec.template.spec.containers.lifecycle": {"preStop", "postStart"},
    "Deployment.spec.template.spec.containers.lifecycle.preStop": {"exec", "httpGet", "sleep"},
    "Deployment.spec.template.spec.containers.lifecycle.preStop.exec": {"command"},
    "Deployment.spec.template.spec.containers.resources": {"requests", "limits"},
    "Deployment.spec.template.spec.containers.resources.requests": {"cpu", "memory"},
    "Deployment.spec.template.spec.containers.resources.limits": {"cpu", "memory"},
    "Deployment.spec.template.spec.containers.securityContext": {
        *("allowPrivilegeEscalation", "readOnlyRootFilesystem", "capabilities"),
    },
    "Deployment.spec.template.spec.containers.securityContext.capabilities": {"add", "drop"},
    "Deployment.spec.template.spec.containers.volumeMounts": {"name", "mountPath", "readOnly"},
    "Deployment.spec.template.spec.volumes": {"name", "configMap", "emptyDir", "secret"},
    "Deployment.spec.template.spec.volumes.configMap": {"name", "items"},
    "Deployment.spec.template.spec.volumes.emptyDir": {"medium", "sizeLimit"},
    "Service": OBJECT | {"spec"},
    "Service.spec": {"selector", "ports", "type", "clusterIP"},
    "Service.spec.ports": {"name", "port", "targetPort", "protocol", "appProtocol"},
    "NetworkPolicy": OBJECT | {"spec"},
    "NetworkPolicy.spec": {"podSelector", "policyTypes", "ingress", "egress"},
    "NetworkPolicy.spec.podSelector": {"matchLabels"},
    "NetworkPolicy.spec.ingress": {"from", "ports"},
    "NetworkPolicy.spec.ingress.from": {"podSelector", "namespaceSelector"},
    "NetworkPolicy.spec.ingress.from.podSelector": {"matchLabels"},
    "NetworkPolicy.spec.ingress.from.namespaceSelector": {"matchLabels"},
    "NetworkPolicy.spec.ingress.ports": {"port", "protocol"},
}
for _probe in ("startupProbe", "readinessProbe", "livenessProbe"):
    FIELDS[f"Deployment.spec.template.spec.containers.{_probe}"] = {
        *("grpc", "exec", "initialDelaySeconds", "periodSeconds", "timeoutSeconds", "successThreshold"),
        "failureThreshold",
    }
    FIELDS[f"Deployment.spec.template.spec.containers.{_probe}.grpc"] = {"port", "service"}
FREE = ("matchLabels", "labels", "data", ".Service.spec.selector")  # names of the author's own


@pytest.fixture(scope="module")
def manifest() -> dict[str, dict[str, Any]]:
    """The objects by kind; there is one of each."""
    objects = list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8")))
    assert len({entry["kind"] for entry in objects}) == len(objects) == 4
    return {entry["kind"]: entry for entry in objects}


def unknown_fields(value: object, path: str) -> Iterator[str]:
    if isinstance(value, list):
        for entry in value:
            yield from unknown_fields(entry, path)
    elif isinstance(value, Mapping) and not f".{path}".endswith(FREE):
        allowed = {"name", "labels"} if path.endswith("metadata") else FIELDS.get(path)
        if allowed is None:
            yield path
            return
        for name, inner in value.items():
            if name not in allowed:
                yield f"{path}.{name}"
            yield from unknown_fields(inner, f"{path}.{name}")


def test_every_field_of_the_manifest_is_known(manifest: dict[str, dict[str, Any]]) -> None:
    assert not [field for kind, entry in manifest.items() for field in unknown_fields(entry, kind)]
    versions = {kind: entry["apiVersion"] for kind, entry in manifest.items()}
    apis = {"ConfigMap": "v1", "Deployment": "apps/v1", "Service": "v1", "NetworkPolicy": "networking.k8s.io/v1"}
    assert versions == apis


def test_a_wrong_field_would_be_found(manifest: dict[str, dict[str, Any]]) -> None:
    for path, bad in (("spec", {"replica": 2}), ("spec", {"template": {"spec": {"containers": [{"imag": "a"}]}}})):
        assert list(unknown_fields({**manifest["Deployment"], path: bad}, "Deployment"))


@pytest.fixture(scope="module")
def pod(manifest: dict[str, dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = manifest["Deployment"]["spec"]["template"]["spec"]
    return found


@pytest.fixture(scope="module")
def settings(manifest: dict[str, dict[str, Any]]) -> ServerConfig:
    """The server's settings as the pods read them."""
    return config_from(tomllib.loads(manifest["ConfigMap"]["data"]["server.toml"]), source="kubernetes.yaml")


def test_names_in_the_manifest_meet(manifest: dict[str, dict[str, Any]], pod: dict[str, Any]) -> None:
    labels = manifest["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert manifest["Deployment"]["spec"]["selector"]["matchLabels"] == labels
    assert manifest["Service"]["spec"]["selector"] == labels
    assert manifest["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == labels
    (container,) = pod["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert {port["targetPort"]: port["port"] for port in manifest["Service"]["spec"]["ports"]} == ports
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
    (volume,) = [volume for volume in pod["volumes"] if "configMap" in volume]
    assert volume["configMap"]["name"] == manifest["ConfigMap"]["metadata"]["name"]


def test_the_pod_fits_the_server_it_runs(pod: dict[str, Any], settings: ServerConfig) -> None:
    (container,) = pod["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert settings.listen[0] == f"0.0.0.0:{ports['grpc']}"
    assert settings.metrics_listen == f"0.0.0.0:{ports['metrics']}"
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["grpc"]["port"] == ports["grpc"]
    mounts = [mount["mountPath"] for mount in container["volumeMounts"]]
    socket_path = settings.listen[1].removeprefix("unix:")
    assert any(socket_path.startswith(f"{mount}/") for mount in mounts)


def test_the_pod_lives_as_long_as_its_drain(pod: dict[str, Any], settings: ServerConfig) -> None:
    (container,) = pod["containers"]
    command = container["lifecycle"]["preStop"]["exec"]["command"]
    assert command[0] == "sleep"
    drain_s = max(settings.drain_s, settings.drain_notice_s)
    assert pod["terminationGracePeriodSeconds"] > float(command[1]) + drain_s + 1
    alive = container["livenessProbe"]
    assert alive["periodSeconds"] * alive["failureThreshold"] > drain_s


def test_the_pod_has_room_for_every_worker_at_its_limit(pod: dict[str, Any], settings: ServerConfig) -> None:
    sizes: dict[str, Callable[[str], int]] = {"Gi": lambda n: int(n) * 1024 * MIB, "Mi": lambda n: int(n) * MIB}
    limit = pod["containers"][0]["resources"]["limits"]["memory"]
    pool = settings.pool
    workers = pool.worker_count() + 2 * pool.slow_worker_count() + pool.spares
    assert sizes[limit[-2:]](limit[:-2]) >= workers * pool.memory_bytes + 512 * MIB
    processors = int(pod["containers"][0]["resources"]["limits"]["cpu"])
    assert pool.workers <= processors - 1


def test_the_scrape_configuration_names_the_rules() -> None:
    scrape = yaml.safe_load((DEPLOY / "prometheus.yml").read_text(encoding="utf-8"))
    assert scrape.keys() <= {"global", "rule_files", "scrape_configs", "alerting"}
    assert all((DEPLOY / name).is_file() for name in scrape["rule_files"])
    rules = yaml.safe_load((DEPLOY / "rfteval-rules.yml").read_text(encoding="utf-8"))
    for rule in (rule for group in rules["groups"] for rule in group["rules"]):
        assert ("alert" in rule) != ("record" in rule) and rule["expr"]
        assert ("alert" in rule) == ("annotations" in rule)
        assert rule["expr"].count("(") == rule["expr"].count(")")
    statuses = {name for part in re.findall(r'status=~"([^"]*)"', str(rules)) for name in part.split("|")}
    assert statuses and statuses <= {status.name for status in Status if not status.scored}


def test_the_documented_settings_are_all_there_are() -> None:
    """The tables of docs/operations.md: every field of the configuration with its default, and no other."""
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    page = page.partition("## Settings")[2].partition("\n## ")[0]
    kinds = {"": ServerConfig, "pool.": PoolConfig, "tls.": TlsConfig, "judges.": JudgeConfig}
    rows = dict(re.findall(r"^\| `((?:pool\.|tls\.|judges\.)?[a-z_]+)` \| (.*?) \|", page, re.MULTILINE))
    wanted = {}
    for prefix, kind in kinds.items():
        for field in dataclasses.fields(kind):
            if field.name in ("pool", "tls", "judges") and not prefix:
                continue
            wanted[f"{prefix}{field.name}"] = field.default
    assert rows.keys() == wanted.keys()
    for name, default in wanted.items():
        assert rows[name] == shown(default), name


def shown(default: object) -> str:
    """A default as the page writes it."""
    if default is dataclasses.MISSING:
        return "needed"
    if default is None or default == "":
        return "none"
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, tuple):
        return ", ".join(map(str, default)) or "none"
    return (
        f"{default:,}" if isinstance(default, int) else f"{default:g}" if isinstance(default, float) else str(default)
    )
