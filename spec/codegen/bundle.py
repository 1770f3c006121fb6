"""Joins the files of the contract into one OpenAPI document.

The layout is the rule: a file `spec/<kind>/**/<Name>.yaml`, where `<kind>` is a section of OpenAPI's
components, becomes `#/components/<kind>/<Name>`; any other YAML file (a path item, a webhook) is put in the
place of the reference to it, and a Markdown file becomes its text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

KINDS = ("schemas", "responses", "parameters", "examples", "requestBodies", "headers", "links", "pathItems")


class BundleError(Exception):
    """The files of the contract do not fit together; the message names the file and says what to change."""


def bundle(spec_dir: Path) -> dict[str, Any]:
    """Return the contract under `spec_dir` as one document, its components in alphabetical order.

    Raises:
        BundleError: a file is missing, is not YAML, or refers to something outside the layout.
    """
    bundler = _Bundler(spec_dir.resolve())
    root = bundler.inline(spec_dir.resolve() / "openapi.yaml")
    components = root.setdefault("components", {})
    for kind in sorted(bundler.components):
        components.setdefault(kind, {}).update(sorted(bundler.components[kind].items()))
    return cast("dict[str, Any]", root)


@dataclass
class _Bundler:
    spec_dir: Path
    components: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    sources: dict[tuple[str, str], Path] = field(default_factory=dict[tuple[str, str], Path])

    def inline(self, path: Path) -> Any:
        return self.resolve(_load(path), path)

    def resolve(self, node: Any, path: Path) -> Any:
        """Return `node`, found in the file `path`, with its references turned into those of one document."""
        if isinstance(node, list):
            return [self.resolve(item, path) for item in cast("list[object]", node)]
        if not isinstance(node, dict):
            return node
        mapping = cast("dict[str, Any]", node)
        target = mapping.get("$ref")
        if not isinstance(target, str):
            return {key: self.resolve(value, path) for key, value in mapping.items()}
        resolved = self.refer(target, path)
        if not isinstance(resolved, dict):
            return resolved
        siblings = {key: self.resolve(value, path) for key, value in mapping.items() if key != "$ref"}
        return {**cast("dict[str, Any]", resolved), **siblings}

    def refer(self, target: str, path: Path) -> Any:
        """Return what stands in the bundle where the file `path` refers to `target`."""
        file = (path.parent / target).resolve()
        if "#" in target or not file.is_relative_to(self.spec_dir):
            raise BundleError(f"{path}: a reference names a file under {self.spec_dir.name}/, not {target!r}")
        if file.suffix == ".md":
            return _read(file).strip() + "\n"
        kind = file.relative_to(self.spec_dir).parts[0]
        if kind not in KINDS:
            return self.inline(file)
        self.add_component(kind, file)
        return {"$ref": f"#/components/{kind}/{file.stem}"}

    def add_component(self, kind: str, file: Path) -> None:
        known = self.sources.setdefault((kind, file.stem), file)
        if known != file:
            raise BundleError(f"{file}: {known} is a component of the same name; rename one of the files")
        of_kind = self.components.setdefault(kind, {})
        if file.stem not in of_kind:
            of_kind[file.stem] = {}  # a placeholder, so that a component may refer to itself
            of_kind[file.stem] = self.inline(file)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BundleError(f"{path}: cannot be read ({error}); is the reference to it right?") from error


def _load(path: Path) -> Any:
    yaml = YAML(typ="safe", pure=True)
    try:
        return yaml.load(_read(path))
    except YAMLError as error:
        raise BundleError(f"{path}: not YAML: {error}") from error
