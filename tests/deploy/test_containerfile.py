"""The image cannot be built where no container engine runs: its instructions are read, its steps are done by hand."""

import json
import os
import re
import shlex
import shutil
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from deploy.conftest import DEPLOY, OVERLAYS, manifests
from deploy.test_manifests import ours

_ROOT = DEPLOY.parent
_DESK = "${DESK:+--extra peak}"
_FILES = ("Containerfile", "varnish/Containerfile")


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction of a stage."""

    word: str
    rest: str


def stages(file: Path) -> list[list[Step]]:
    """Return the instructions of each stage, FROM first."""
    text = re.sub(r"^\s*#.*\n", "", file.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    found: list[list[Step]] = []
    for line in filter(None, (line.strip() for line in text.split("\n"))):
        word, _, rest = line.partition(" ")
        if word == "FROM":
            found.append([])
        found[-1].append(Step(word, rest.strip()))
    return found


def last(stage: list[Step], word: str) -> str:
    return [step.rest for step in stage if step.word == word][-1]


@pytest.mark.parametrize("file", _FILES)
def test_nothing_runs_as_root_and_nothing_floats(file):
    found = stages(DEPLOY / file)
    for stage in found:
        image = stage[0].rest.split()[0]
        assert re.fullmatch(r"[\w./-]+:\d+\.\d+[\w.-]*", image), f"{image} is not pinned"
        assert not [step for step in stage if step.word == "ADD"], "ADD may fetch"
    assert last(found[-1], "USER") == "10001:10001"
    assert [step.word for step in found[-1]].index("USER") > max(
        number for number, step in enumerate(found[-1]) if step.word == "RUN"
    )


def test_nothing_is_fetched_in_the_image_itself():
    _, runtime = stages(DEPLOY / "Containerfile")
    commands = " ".join(step.rest for step in runtime if step.word == "RUN")

    assert not re.search(r"\b(pip|uv|apt-get|curl|wget)\b", commands)
    assert json.loads(last(runtime, "ENTRYPOINT")) == ["springtide"]
    assert "springtide" in tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]["scripts"]


def test_the_desks_image_has_the_numerics_and_what_they_stand_on():
    build, runtime = stages(DEPLOY / "Containerfile")
    syncs = [step.rest for step in build if step.word == "RUN" and step.rest.startswith("uv sync")]

    assert syncs
    assert all(_DESK in words for words in syncs)
    assert "peak" in tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    copied = {step.rest for step in runtime if step.word == "COPY"}
    assert "--from=build /opt/openmp /opt/openmp" in copied, "lightgbm is linked to libgomp.so.1"
    assert "LD_LIBRARY_PATH=/opt/openmp" in last(runtime, "ENV")


def test_what_is_copied_exists_and_reaches_the_builder():
    allowed = {
        line[1:] for line in (DEPLOY / "Containerfile.dockerignore").read_text().split("\n") if line.startswith("!")
    }
    for step in (step for stage in stages(DEPLOY / "Containerfile") for step in stage if step.word == "COPY"):
        if "--from=" in step.rest:
            continue
        for source in shlex.split(step.rest)[:-1]:
            assert (_ROOT / source).exists(), source
            assert source.removeprefix("./") in allowed


def test_the_same_uv_makes_the_image_and_the_checkout():
    text = (DEPLOY / "Containerfile").read_text()
    used = re.search(r"uv_version=([\d.]+)", (_ROOT / "scripts" / "venv.sh").read_text())

    assert used
    assert f"uv=={used[1]}" in text


def test_pods_run_the_user_of_the_image_and_its_ports_are_told():
    _, runtime = stages(DEPLOY / "Containerfile")
    exposed = set(last(runtime, "EXPOSE").split())
    for folder in OVERLAYS:
        for deployment, container in ours(manifests(folder)).values():
            user = deployment["spec"]["template"]["spec"]["securityContext"]
            assert f"{user['runAsUser']}:{user['runAsGroup']}" == last(runtime, "USER")
            assert {str(port["containerPort"]) for port in container["ports"]} <= exposed


@pytest.mark.soak
def test_the_steps_make_a_program_that_runs_without_engines_and_without_a_network(tmp_path: Path) -> None:
    """Does what the build stage says in a folder of its own (needs uv and a package index), then starts the result."""
    if shutil.which("uv") is None:
        pytest.skip("uv is missing: the steps of the Containerfile are not done")
    source, target = tmp_path / "src", tmp_path / "opt"
    source.mkdir()
    (build, _) = stages(DEPLOY / "Containerfile")
    environment = {**os.environ, "UV_PROJECT_ENVIRONMENT": str(target), "UV_LINK_MODE": "copy"}
    environment.pop("VIRTUAL_ENV", None)
    for step in build:
        if step.word == "COPY":
            *names, _ = shlex.split(step.rest)
            for name in names:
                _copy(_ROOT / name, source / name)
        elif step.word == "RUN" and step.rest.startswith("uv "):
            # Without DESK, as the shop's own image is made.
            command = shlex.split(step.rest.replace("/opt/springtide", str(target)).replace(_DESK, ""))
            subprocess.run(command, cwd=source, env=environment, check=True, timeout=600)
    shutil.rmtree(source)  # the program does not need it any more

    program = str(target / "bin" / "springtide")
    closed = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1"}
    words = {
        ("--version",): 0,
        ("serve", "web"): 1,  # the database is not given: one line
    }
    for arguments, code in words.items():
        told = subprocess.run(
            [program, *arguments], cwd="/", env=closed, capture_output=True, text=True, timeout=60, check=False
        )
        assert told.returncode == code, told.stderr
    assert told.stderr.startswith("springtide: serve needs SPRINGTIDE_DATABASE_URL")
    nowhere = {"SPRINGTIDE_DATABASE_URL": "postgresql://a:b@127.0.0.1:1/x", "SPRINGTIDE_NATS_URL": "nats://127.0.0.1:1"}
    told = subprocess.run(
        [program, "migrate", "--phase", "pre"],
        cwd="/",
        env={**closed, **nowhere, "SPRINGTIDE_SECRET_KEY": "0" * 64},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "connection" in told.stderr.lower(), told.stderr
    assert "No module named" not in told.stderr
    everything = "import springtide.channels.web, springtide.channels.backoffice, springtide.commands.migrations; "
    everything += "from springtide.bootstrap.specs import spec_of, CONTEXTS; [spec_of(name) for name in CONTEXTS]"
    python = str(target / "bin" / "python")
    subprocess.run([python, "-c", everything], cwd="/", env=closed, check=True, timeout=60)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)
