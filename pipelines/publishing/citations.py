"""What each page says as it is written: the metrics that it cites, its claims, what it includes, without rendering it.

For the shell, which orders pages after the figures that they need, and for those who look through words. Nothing is filled in.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, meta, nodes
from jinja2.exceptions import TemplateSyntaxError

from pipelines.keeping import make_once
from pipelines.publishing.book import UnknownCitation
from pipelines.publishing.claims import Claims, UntestedClaim, find_untested_claims
from pipelines.publishing.tables import BESIDE_THE_DEPARTMENT

CITING = frozenset(
    {"figure", "chart", "table", "trend", "definition", "zero", "published", "available", "change", "more"}
    | {"largest", "share", "label", "ladder", "before", "below"}
    | {"shares", "trends", "apart", "rose", "fell", "most", "first_time", "highest", "lowest"}
)
"""The template functions that name metrics; their arguments without a name are metrics."""

NOT_PAGES = ("assets", "overrides", "registers", "reports", "running", "evidence/decisions")
"""Folders of `docs/` that hold no page of the site; what analysts read stays with the project."""

_ENVIRONMENT = Environment(autoescape=True, extensions=[Claims])


def find_pages(docs: Path) -> list[Path]:
    """Every page of the site under `docs`, sorted."""
    return [
        path
        for path in sorted(docs.rglob("*.md"))
        if not any(path.relative_to(docs).as_posix().startswith(f"{folder}/") for folder in NOT_PAGES)
    ]


@dataclass(frozen=True, slots=True)
class Written:
    """What a page says as it is written, whatever the figures are."""

    cited: tuple[tuple[int, str], ...]
    """(line, metric) of each metric that a call names."""
    implied: tuple[str, ...]
    """Metrics that a call shows without naming them."""
    names: frozenset[str]
    """Every name that it reads: those of registers are among them."""
    untested: tuple[UntestedClaim, ...]
    included: tuple[str, ...] | None
    """The templates that it includes; None where that is known only when it is filled."""


@lru_cache(maxsize=256)
def read_page(source: str) -> Written:
    """What a page says, read once for each text: several checks ask for the same. Raises TemplateSyntaxError."""

    def read() -> bytes:
        tree = _ENVIRONMENT.parse(source)
        included = list(meta.find_referenced_templates(tree))
        return json.dumps(
            [
                list(_list_cited(tree)),
                list(_implied(tree)),
                sorted({name.name for name in tree.find_all(nodes.Name)}),
                [[claim.line, claim.word] for claim in find_untested_claims(tree)],
                None if None in included else sorted({str(name) for name in included}),
            ]
        ).encode()

    cited, implied, names, untested, included = json.loads(make_once("page as written", {"text": source}, read))
    return Written(
        tuple((line, metric) for line, metric in cited),
        tuple(implied),
        frozenset(names),
        tuple(UntestedClaim(line, word) for line, word in untested),
        None if included is None else tuple(included),
    )


ONLY = "only"
OTHERS = "others"
"""How a register says whose story an entry tells, and what stands in another council's place. Source: `tell_council`."""


class ByEdition(dict[str, Any]):
    """A register that is one file for each edition: what each file says, by the name of its edition."""


def read_registers(docs: Path) -> dict[str, Any]:
    """The data files of `docs/registers/` by their names, as they are; a folder there is a register by edition."""
    found: dict[str, Any] = {}
    for path in find_registers(docs):
        if path.parent == docs / "registers":
            found[path.stem] = _read_register(path, docs)
        else:
            found.setdefault(path.parent.name, ByEdition())[path.stem] = _read_register(path, docs)
    return found


def find_registers(docs: Path) -> list[Path]:
    """Every data file of `docs/registers/`, sorted."""
    return sorted((docs / "registers").rglob("*.yml"))


def choose_registers(
    registers: Mapping[str, Any], edition: str, previous: str | None, authority: str
) -> dict[str, Any]:
    """The registers as the pages of one edition and one council see them.

    Of a register by edition, e.g. `outcomes`, the file of this edition has its name and that of the edition before is
    `last_outcomes`; None where there is no such file.
    """
    seen: dict[str, Any] = {}
    for name, register in registers.items():
        if isinstance(register, ByEdition):
            seen[name] = register.get(edition)
            seen[f"last_{name}"] = register.get(previous) if previous else None
        else:
            seen[name] = register
    return {name: tell_council(said, authority) for name, said in seen.items()}


def tell_council(said: Any, authority: str) -> Any:
    """What registers say to the readers of one council, or of `all`.

    An entry that names another council in `only` is left out. A text that is given by council, and for `others`, is this one's.
    """
    if isinstance(said, list):
        return [
            tell_council(each, authority)
            for each in said
            if not isinstance(each, Mapping) or each.get(ONLY, authority) == authority
        ]
    if isinstance(said, Mapping) and not isinstance(said, ByEdition):
        if OTHERS in said:
            return tell_council(said.get(authority, said[OTHERS]), authority)
        return {name: tell_council(each, authority) for name, each in said.items() if name != ONLY}
    return said


def _read_register(path: Path, docs: Path) -> Any:
    try:
        return _parse(path.read_text("utf-8"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise UnknownCitation(
            f"docs/{path.relative_to(docs).as_posix()}{where} cannot be read as YAML. "
            "Mend it: often a colon or a quotation mark."
        ) from None


@lru_cache(maxsize=128)
def _parse(text: str) -> Any:
    """What a register says, read once for each text: every paper asks for all of them, and none changes what it is given."""
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def read_citations(docs: Path, metric_ids: frozenset[str]) -> dict[str, set[str]]:
    """The ids of the metrics that each page cites, by the page's path under `docs`.

    A metric named in a register counts for each page that reads it; a page that lists all metrics cites none of them.
    Raises UnknownCitation, naming file and line, where a page cannot be read.
    """
    named = {name: set(_texts(register)) & metric_ids for name, register in read_registers(docs).items()}
    found: dict[str, set[str]] = {}
    for path in find_pages(docs):
        page = path.relative_to(docs).as_posix()
        try:
            written = read_page(path.read_text("utf-8"))
        except TemplateSyntaxError as error:
            raise UnknownCitation(f"docs/{page}, line {error.lineno}: {error.message}") from None
        cited = {*(metric for _, metric in written.cited), *written.implied}
        for name in written.names:
            cited |= named.get(name.removeprefix("last_"), set())
        found[page] = cited
    return found


def find_unknown_metrics(docs: Path, metric_ids: frozenset[str]) -> Iterator[str]:
    """Where a page cites a metric that there is not, with file and line."""
    for path in find_pages(docs):
        page = path.relative_to(docs).as_posix()
        try:
            written = read_page(path.read_text("utf-8"))
        except TemplateSyntaxError as error:
            yield f"docs/{page}, line {error.lineno}: {error.message}"
            continue
        for line, cited in written.cited:
            if cited not in metric_ids:
                near = difflib.get_close_matches(cited, metric_ids, n=1)
                hint = f' Did you mean "{near[0]}"?' if near else ""
                yield f'docs/{page}, line {line}: There is no metric "{cited}".{hint}'


def _list_cited(tree: nodes.Template) -> Iterator[tuple[int, str]]:
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name in CITING:
            yield from (
                (call.lineno, a.value) for a in call.args if isinstance(a, nodes.Const) and isinstance(a.value, str)
            )


def _implied(tree: nodes.Template) -> Iterator[str]:
    """Metrics that a page shows by a call that does not name them."""
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "published_statistics_table":
            yield from (ours[0] for _, _, ours in BESIDE_THE_DEPARTMENT if ours is not None)


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for value in data.values():
            yield from _texts(value)
    elif isinstance(data, list):
        for value in data:
            yield from _texts(value)
