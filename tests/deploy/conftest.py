"""The rendered manifests of each folder that is applied."""

from pathlib import Path

import pytest

from deploy.kustomize import Doc, render

DEPLOY = Path(__file__).parents[2] / "deploy"
OVERLAYS = ("kustomize/overlays/small", "kustomize/overlays/peak")
APPLIED = (*OVERLAYS, "kustomize/migrate/pre", "kustomize/migrate/post")
_rendered: dict[str, list[Doc]] = {}


def manifests(folder: str) -> list[Doc]:
    """Return what a folder below deploy/ renders to; made once."""
    if folder not in _rendered:
        _rendered[folder] = render(DEPLOY / folder)
    return _rendered[folder]


@pytest.fixture(params=APPLIED)
def applied(request: pytest.FixtureRequest) -> list[Doc]:
    return manifests(request.param)


@pytest.fixture(params=OVERLAYS)
def overlay(request: pytest.FixtureRequest) -> list[Doc]:
    return manifests(request.param)
