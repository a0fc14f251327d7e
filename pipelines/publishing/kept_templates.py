"""Jinja templates that are compiled once for all that decides what they are compiled to: their text and their environment.

What templates say is said in them, and what they are given by whoever fills them.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterable, Mapping, MutableMapping
from pathlib import Path
from types import CodeType
from typing import Any

from jinja2 import Environment, FileSystemLoader, Template

from pipelines.keeping import make_once


class KeptTemplates(FileSystemLoader):
    """Loads templates from folders, compiled as they were kept."""

    def __init__(self, folders: Path | Iterable[Path | str]) -> None:
        super().__init__(folders if isinstance(folders, Path) else list(folders))

    def load(self, environment: Environment, name: str, globals: MutableMapping[str, Any] | None = None) -> Template:
        """The template of that name; its lines are told under its name, wherever it lies."""
        source, _, is_current = self.get_source(environment, name)
        code = _compile_once(environment, name, source)
        return environment.template_class.from_code(environment, code, {} if globals is None else globals, is_current)


def compile_text(environment: Environment, name: str, source: str) -> Template:
    """A text that is no file of the environment's as a template. Raises TemplateSyntaxError."""
    code = _compile_once(environment, name, source)
    return environment.template_class.from_code(environment, code, environment.make_globals(None))


def _compile_once(environment: Environment, name: str, source: str) -> CodeType:
    def compile_now() -> bytes:
        return marshal.dumps(environment.compile(source, name, name))

    made_of = {"text": (name, source), "environment": _describe(environment)}
    code: CodeType = marshal.loads(make_once("template", made_of, compile_now))
    return code


def _describe(environment: Environment) -> Mapping[str, object]:
    """What of an environment decides what its templates are compiled to."""
    return {
        "kind": type(environment).__qualname__,
        "extensions": sorted(environment.extensions),
        "escaped": environment.autoescape if isinstance(environment.autoescape, bool) else "by name",
        "undefined": environment.undefined.__qualname__,
        "lines": [environment.trim_blocks, environment.lstrip_blocks, environment.keep_trailing_newline],
        "filters": sorted(environment.filters),
        "tests": sorted(environment.tests),
    }
