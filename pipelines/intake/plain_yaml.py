"""YAML files that people write (mappings, explanations) as plain texts, lists and names, with the line of each part.

Reading only: every scalar stays the text that it is, so that `Y`, `no` and `01` mean what they look like. What a file may
say belongs to the module that asks. No message repeats what a file says.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from pipelines.faults import DataFault
from pipelines.intake.files import read_plain_file
from pipelines.intake.findings import Findings
from pipelines.yaml_lines import Where

_LARGEST = 1_000_000


def read_plain_yaml(path: Path) -> tuple[Any, dict[Where, int]]:
    """What a file says and the lines of its parts. Raises DataFault, with the line, where it is not plain YAML."""
    text = _read_text(path)
    lines: dict[Where, int] = {}
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        return (None if node is None else _convert(node, (), lines)), lines
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        line = "" if mark is None else f", line {mark.line + 1}"
        raise DataFault(f"{path.name}{line}: this is not YAML. Check indents, colons and quotation marks.") from None
    except yaml.YAMLError:
        raise DataFault(f"{path.name}: this is not YAML. Save it as plain UTF-8 text.") from None
    except RecursionError:
        raise DataFault(f"{path.name}: the parts lie too deep in one another.") from None
    except _NotPlain as fault:
        raise DataFault(f"{path.name}, line {fault.line}: {fault.what}") from None


def _read_text(path: Path) -> str:
    findings = Findings()
    file = read_plain_file(path, path.name, findings)
    if file is None:
        found = findings.all()[0]
        raise DataFault(f"{path.name}: {found.message} {found.fix}")
    if len(file.content) > _LARGEST:
        raise DataFault(f"{path.name} is larger than anybody writes by hand.")
    try:
        return file.content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataFault(f"{path.name} is not valid UTF-8. Save it as plain UTF-8 text.") from None


class _NotPlain(Exception):
    def __init__(self, node: yaml.Node, what: str) -> None:
        super().__init__(what)
        self.line, self.what = node.start_mark.line + 1, what


def _convert(node: yaml.Node, where: Where, lines: dict[Where, int]) -> Any:
    lines[where] = node.start_mark.line + 1
    if isinstance(node, yaml.ScalarNode):
        is_null = node.style is None and node.value in ("", "~", "null")
        return None if is_null else node.value
    if isinstance(node, yaml.SequenceNode):
        return [_convert(part, (*where, place), lines) for place, part in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode) or not str(node.tag).endswith(":map"):
        raise _NotPlain(node, "only names with values, lists and texts have a place here.")
    found: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _NotPlain(key, "a name must be a text.")
        if key.value in found:
            raise _NotPlain(key, "the same name stands here twice. Keep one of them.")
        if value.start_mark.index < key.start_mark.index:
            raise _NotPlain(key, "anchors and aliases have no place here. Write the value out.")
        found[key.value] = _convert(value, (*where, key.value), lines)
        lines[(*where, key.value)] = key.start_mark.line + 1
    return found
