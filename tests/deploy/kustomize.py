"""What `kubectl kustomize` makes of the folders in deploy/, for machines without it: no more of it than they use.

Resources, components, images, strategic merge patches (by kind and name, or by kind and label) and files in ConfigMaps.
Where kubectl is installed a test compares the two, so this cannot go a way of its own.
"""

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

Doc = dict[str, Any]
_KNOWN = {
    "apiVersion", "kind", "namespace", "resources", "components", "images", "patches", "configMapGenerator",
}  # fmt: skip
_MERGE_KEYS = {"containers": "name", "volumes": "name", "env": "name", "ports": "containerPort",
               "volumeMounts": "mountPath", "topologySpreadConstraints": "topologyKey"}  # fmt: skip


def render(folder: Path) -> list[Doc]:
    """Return the documents of a folder with a kustomization.yaml."""
    return _accumulate(folder, [])


def documents(file: Path) -> list[Doc]:
    """Return the documents of a YAML file."""
    return [found for found in yaml.safe_load_all(file.read_text(encoding="utf-8")) if found]


def _accumulate(folder: Path, found: list[Doc]) -> list[Doc]:
    (kustomization,) = documents(folder / "kustomization.yaml")
    assert set(kustomization) <= _KNOWN, f"{folder}: {set(kustomization) - _KNOWN} is not known here"
    for name in kustomization.get("resources", ()):
        place = folder / name
        found += render(place) if place.is_dir() else documents(place)
    found += [_config_map(folder, generator) for generator in kustomization.get("configMapGenerator", ())]
    for name in kustomization.get("components", ()):
        found = _accumulate(folder / name, found)
    for patch in kustomization.get("patches", ()):
        for change in documents(folder / patch["path"]):
            _patch(found, change, patch.get("target"))
    for image in kustomization.get("images", ()):
        _pin(found, image)
    if "namespace" in kustomization:
        for doc in found:
            doc["metadata"]["namespace"] = kustomization["namespace"]
    return found


def containers(doc: Doc) -> list[Doc]:
    """Return the containers of a document that makes pods."""
    spec = doc.get("spec", {}).get("template", {}).get("spec", {}) if isinstance(doc.get("spec"), dict) else {}
    return [*spec.get("containers", ()), *spec.get("initContainers", ())]


def _pin(found: list[Doc], image: Mapping[str, str]) -> None:
    for container in (container for doc in found for container in containers(doc)):
        if container["image"] == image["name"]:
            container["image"] = f"{image['newName']}:{image['newTag']}"


def _config_map(folder: Path, generator: Mapping[str, Any]) -> Doc:
    data = {}
    for entry in generator["files"]:
        key, _, source = entry.rpartition("=")
        data[key or source] = (folder / source).read_text(encoding="utf-8")
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": generator["name"]}, "data": data}


def _patch(found: list[Doc], change: Doc, target: Mapping[str, str] | None) -> None:
    if target is None:
        matching = [doc for doc in found if (doc["kind"], _name(doc)) == (change["kind"], _name(change))]
    else:
        label, value = target["labelSelector"].split("=")
        matching = [
            doc for doc in found
            if doc["kind"] == target["kind"] and doc["metadata"].get("labels", {}).get(label) == value
        ]  # fmt: skip
    assert matching, f"nothing to patch with {_name(change)}"
    for doc in matching:
        name = _name(doc)
        _merge(doc, deepcopy(change))
        doc["metadata"]["name"] = name


def _name(doc: Doc) -> str:
    name: str = doc["metadata"]["name"]
    return name


def _merge(doc: Doc, change: Doc) -> None:
    for key, value in change.items():
        if value is None:
            doc.pop(key, None)
        elif isinstance(value, dict) and isinstance(doc.get(key), dict):
            _merge(doc[key], value)
        elif isinstance(value, list) and isinstance(doc.get(key), list) and key in _MERGE_KEYS:
            _merge_lists(doc[key], value, _MERGE_KEYS[key])
        else:
            doc[key] = value


def _merge_lists(rows: list[Doc], changes: list[Doc], merge_key: str) -> None:
    for change in changes:
        known = next((row for row in rows if row[merge_key] == change[merge_key]), None)
        if known is None:
            rows.append(change)
        else:
            _merge(known, change)
