"""As much of kustomize as the manifests use: resources, patches, images, labels, name suffixes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

_KEYS = ("name", "mountPath")  # by which items of a list are the same one
_SELECTORS = (
    ("spec", "selector", "matchLabels"),
    ("spec", "template", "metadata", "labels"),
)


def built(folder: Path) -> list[dict[str, Any]]:
    """Return what ``kustomize build`` prints."""
    plan = yaml.safe_load((folder / "kustomization.yaml").read_text())
    documents = [document for name in plan["resources"] for document in _read(folder / name)]
    for patch in plan.get("patches", []):
        change = yaml.safe_load((folder / patch["path"]).read_text())
        documents = [
            _merged(each, change) if each["kind"] == patch["target"]["kind"] else each
            for each in documents
        ]
    for document in documents:
        document["metadata"]["name"] += plan.get("nameSuffix", "")
        for labels in plan.get("labels", []):
            _label(document, labels["pairs"])
        for image in plan.get("images", []):
            _name_image(document, image)
    return documents


def _read(path: Path) -> list[dict[str, Any]]:
    return built(path) if path.is_dir() else list(yaml.safe_load_all(path.read_text()))


def _merged(base: Any, change: Any) -> Any:
    if isinstance(base, dict) and isinstance(change, dict):
        return base | {k: _merged(base[k], v) if k in base else v for k, v in change.items()}
    key = next((key for key in _KEYS if _all_have(key, base) and _all_have(key, change)), None)
    if key is None:
        return change
    changes = {item[key]: item for item in change}
    kept = [_merged(item, changes.pop(item[key], {})) for item in base]
    return [*changes.values(), *kept]


def _all_have(key: str, items: Any) -> bool:
    return isinstance(items, list) and all(isinstance(item, dict) and key in item for item in items)


def _label(document: dict[str, Any], labels: dict[str, str]) -> None:
    document["metadata"].setdefault("labels", {}).update(labels)
    for path in _SELECTORS:
        place: Any = document
        for name in path:
            place = place.get(name, {})
        place.update(labels)
    pod = document["spec"].get("template", {}).get("spec", {})
    for constraint in pod.get("topologySpreadConstraints", []):
        constraint["labelSelector"]["matchLabels"].update(labels)


def _name_image(document: dict[str, Any], image: dict[str, str]) -> None:
    pod = document["spec"].get("template", {}).get("spec", {})
    for container in pod.get("containers", []):
        if container["image"] == image["name"]:
            container["image"] = f"{image['newName']}:{image['newTag']}"
