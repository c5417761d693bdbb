"""The container file and the compose file: what they name exists, and what they pass the sandbox understands.

No container engine is needed for this; where `docker compose` or `hadolint` is to be had, it is asked as well.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from oms_ccxt_async.cli.app import app

ROOT = Path(__file__).parent.parent
INSTRUCTIONS = {
    "FROM", "RUN", "USER", "WORKDIR", "COPY", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT", "CMD", "ENV", "ARG", "LABEL",
}  # fmt: skip
SERVICE = {
    "image", "build", "command", "environment", "ports", "volumes", "healthcheck", "depends_on", "restart",
}  # fmt: skip
HEALTHCHECK = {"test", "interval", "timeout", "retries", "start_period"}
VARIABLE = re.compile(r"\$\{(\w+)(:\?[^}]+)?\}")


def instructions() -> Iterator[tuple[str, str]]:
    """The instructions of the Dockerfile, each on one line."""
    text = re.sub(r"(?m)^#.*\n", "", (ROOT / "Dockerfile").read_text())
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        if line.strip():
            word, _, rest = line.partition(" ")
            yield word, rest.strip()


@pytest.fixture
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return loaded


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """What `oms-ccxt sandbox` would serve with these words and variables."""
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr("oms_ccxt_async.cli.sandbox.serve", lambda **options: asked.append(options))

    def run(words: list[str], **variables: str) -> dict[str, Any]:
        done = CliRunner().invoke(app, words, env=variables)
        assert done.exit_code == 0, done.output
        return asked.pop()

    return run


def test_the_image_is_made_of_what_is_there() -> None:
    """Every instruction is one, what is copied is in the repository and let through, the extras exist."""
    made = list(instructions())
    assert made[0][0] == "FROM"
    assert {word for word, _ in made} <= INSTRUCTIONS
    ignored = (ROOT / ".dockerignore").read_text().split()
    for word, rest in made:
        if word == "COPY":
            for source in rest.split()[:-1]:
                assert (ROOT / source).exists()
                assert f"!{source}" in ignored
    (install,) = [rest for word, rest in made if word == "RUN" and "pip install" in rest]
    extras = re.search(r"\.\[([\w,]+)\]", install)
    assert extras is not None
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = settings["project"]
    readme = settings["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]["fragments"]
    assert set(extras[1].split(",")) <= set(project["optional-dependencies"])
    assert project["requires-python"] == ">=3.11"
    copied = {source for word, rest in made if word == "COPY" for source in rest.split()[:-1]}
    assert {*(part["path"] for part in readme), *project["license-files"]} <= copied


def test_the_image_runs_a_sandbox_as_nobody_special(served: Callable[..., dict[str, Any]]) -> None:
    """The last user is not root, the entry point is the sandbox with options that it has, and listens on its port."""
    made = list(instructions())
    words = [word for word, _ in made]
    assert made[words.index("USER")][1] != "root"
    assert words.index("USER") < words.index("ENTRYPOINT")
    (entry,) = [json.loads(rest) for word, rest in made if word == "ENTRYPOINT"]
    assert entry[0] == "oms-ccxt"
    options = served(entry[1:])
    (exposed,) = [rest for word, rest in made if word == "EXPOSE"]
    assert (options["host"], options["port"]) == ("0.0.0.0", int(exposed))
    (health,) = [rest for word, rest in made if word == "HEALTHCHECK"]
    probe = json.loads(health.partition("CMD ")[2])
    compile(probe[2], "HEALTHCHECK", "exec")
    assert f":{exposed}/healthz" in probe[2]


def test_the_services_fit_together(compose: dict[str, Any]) -> None:
    """Services, volumes and dependencies name each other, with keys that compose knows."""
    assert set(compose) == {"services", "volumes"}
    services = compose["services"]
    for service in services.values():
        assert set(service) <= SERVICE
        assert ("image" in service) != ("build" in service)
        for name, dependency in service.get("depends_on", {}).items():
            assert dependency["condition"] != "service_healthy" or set(services[name]["healthcheck"]) <= HEALTHCHECK
        for volume in service.get("volumes", []):
            assert volume.partition(":")[0] in compose["volumes"]
        for port in service.get("ports", []):
            assert re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port), "a sandbox is not for everybody"
    assert (ROOT / services["sandbox"]["build"] / "Dockerfile").exists()
    words = shlex.split(services["postgres"]["healthcheck"]["test"][1])
    assert words[0] == "pg_isready"


def test_the_sandbox_gets_what_it_understands(compose: dict[str, Any], served: Callable[..., dict[str, Any]]) -> None:
    """Its options and its variables are those of the command line, its database is the one beside it, and no secret
    stands in the file."""
    services = compose["services"]
    sandbox, database = services["sandbox"], services["postgres"]
    variables = {name: VARIABLE.sub("x", value) for name, value in sandbox["environment"].items()}
    options = served(["sandbox", *sandbox["command"]], **variables)
    assert (options["database"], options["api_key"]) == ("postgresql://oms:x@postgres:5432/oms", "x")
    assert options["workers"] > 1
    place = sandbox["environment"]["OMS_SANDBOX_DATABASE"]
    environment = database["environment"]
    host = next(iter(sandbox["depends_on"]))
    assert place == f"postgresql://{environment['POSTGRES_USER']}:${{OMS_DATABASE_PASSWORD}}@{host}:5432/oms"
    assert environment["POSTGRES_DB"] == "oms"
    for secret in (environment["POSTGRES_PASSWORD"], sandbox["environment"]["OMS_SANDBOX_API_KEY"]):
        found = VARIABLE.fullmatch(secret)
        assert found is not None
        assert found[2], "a secret that is missing is asked for"


def test_tools_agree() -> None:
    """`docker compose config` and `hadolint` have nothing to say against them, where they are installed."""
    asked = False
    for command in (
        ["docker", "compose", "config", "--quiet"],
        ["hadolint", "--failure-threshold", "error", "Dockerfile"],
    ):
        if shutil.which(command[0]) is None:
            continue
        if command[0] == "docker" and subprocess.run(["docker", "compose", "version"], capture_output=True).returncode:
            continue
        secrets = {"OMS_DATABASE_PASSWORD": "a", "OMS_SANDBOX_API_KEY": "b", "PATH": "/usr/local/bin:/usr/bin:/bin"}
        done = subprocess.run(command, cwd=ROOT, env=secrets, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        asked = True
    if not asked:
        pytest.skip("neither docker compose nor hadolint is installed")
