"""What a Word template asks for, held against what a report has to give: unknown, misspelt and unused fields, with their places.

The fields are those that `word` fills in; whether the file may be opened at all is for `template_safety`.
"""

from __future__ import annotations

import difflib
import io
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Any

from docx import Document
from docx.oxml.ns import qn
from docxtpl import RichText
from jinja2 import Environment, TemplateSyntaxError, nodes

from pipelines.faults import DataFault
from pipelines.figures import Edition
from pipelines.publishing.book import Book, UnknownCitation
from pipelines.publishing.documents import (
    INVENTED,
    RESTRICTED,
    Heading,
    Item,
    Paper,
    Paragraph,
    Picture,
    Table,
    Words,
)
from pipelines.publishing.template_safety import WHOLE, Problem, read_template
from pipelines.publishing.word import KINDS, Element, Fact, Row, write_word

_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_LOOSE = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}")
_SINGLE = re.compile(r"(?<!\{)\{\s*([A-Za-z_][\w.]*)\s*\}(?!\})")
_PREFIX = re.compile(r"^(\{[{%])(-?)(?:p|tr|tc|r)(?=\s)")
_STRAIGHT = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'"})
_LIKELY = 0.6
"""From which likeness (of one) on a known name is offered for an unknown one."""

_NEEDED = {
    "title": "the title of the report",
    "front": "the front matter: who reports to whom, when, open or exempt",
    "blocks": "the text of the report",
    "markings": "the marking of each page; it stands in the header",
}
_OPTIONAL = ("subtitle", "edition")
_ANYTHING = None
"""The type of a value that has no fields of its own to be misspelt."""


class _ListOf:
    """The type of a list; `member` is the record that it holds, None for plain values."""

    def __init__(self, member: type | None) -> None:
        self.member = member


_Type = type | _ListOf | None

_FIELDS: Mapping[str, _Type] = {
    "title": _ANYTHING,
    "subtitle": _ANYTHING,
    "edition": _ANYTHING,
    "markings": _ANYTHING,
    "front": _ListOf(Fact),
    "blocks": _ListOf(Element),
    "figure": _ANYTHING,
}
_MEMBERS: Mapping[tuple[type, str], _Type] = {
    (Element, "rows"): _ListOf(Row),
    (Element, "heads"): _ListOf(None),
    (Row, "cells"): _ListOf(None),
}
_NEEDED_MEMBERS: Mapping[type, tuple[str, ...]] = {
    Fact: ("name", "text"),
    Element: ("words", "text", "head", "heads", "rows", "picture"),
    Row: ("head", "cells"),
}
_CALLED = {Fact: "fact", Element: "block", Row: "row"}


@dataclass
class _Found:
    """What the walk through a template has met."""

    problems: list[Problem] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    members: set[tuple[type, str]] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)


def check_template(template: Path, book: Book) -> list[Problem]:
    """Everything that is wrong with a template, then what may be meant so (`is_wrong` false); empty where all is well.

    `book` knows the metrics that a template may cite; it needs no figures. A template without anything wrong is also filled in
    once with a report of every kind of block, so that what is accepted here is accepted by a build.
    """
    content, problems = read_template(template)
    if problems:
        return problems
    found = _Found()
    try:
        word = Document(io.BytesIO(content))
        for part, tags in _list_tags(word, found.problems):
            _walk_part(part, tags, book, found)
    except Exception as error:
        if isinstance(error, DataFault):
            raise
        return [Problem(WHOLE, "this is no Word file (.docx) that can be read", "Save it anew in Word as .docx.")]
    if not any(problem.is_wrong for problem in found.problems):
        found.problems += _list_unused(found)
    if not any(problem.is_wrong for problem in found.problems):
        found.problems += _try(template, book)
    return sorted(found.problems, key=lambda problem: not problem.is_wrong)


def know_metrics(metrics: Mapping[str, Any], categories: Mapping[str, Any]) -> Book:
    """A Book of no figures that knows what may be cited."""
    return Book(Edition("0000", {}), (), metrics, categories, audience="restricted", authority="all")


@dataclass(frozen=True, slots=True)
class _Tag:
    text: str
    place: str


def _list_tags(word: Any, problems: list[Problem]) -> Iterator[tuple[str, list[_Tag]]]:
    """The fields of each part that is filled in (text, headers, footers), in order."""
    parts = [("text", word.element.body)]
    for section in word.sections:
        for name in (
            "header",
            "footer",
            "first_page_header",
            "first_page_footer",
            "even_page_header",
            "even_page_footer",
        ):
            part = getattr(section, name)
            if not part.is_linked_to_previous:
                parts.append((name.replace("_", " "), part._element))
    for name, element in parts:
        tags: list[_Tag] = []
        tables = {table: number for number, table in enumerate(element.iter(qn("w:tbl")), start=1)}
        for number, paragraph in enumerate(element.iter(qn("w:p")), start=1):
            own = (node for node in paragraph.iter(qn("w:t")) if next(node.iterancestors(qn("w:p"))) is paragraph)
            text = "".join(node.text or "" for node in own).translate(_STRAIGHT)
            place = _name_place(name, number, paragraph, tables)
            tags += [_Tag(tag, place) for tag in _TAG.findall(text)]
            rest = _TAG.sub("", text)
            if loose := _LOOSE.search(rest):
                problems.append(
                    Problem(
                        f"{place}, “{text.strip()[:40]}”",
                        f"a field is not closed or not opened: {loose.group()} stands alone",
                        "Write a field in one paragraph, between {{ and }}.",
                    )
                )
            for single in _SINGLE.finditer(rest):
                if single.group(1).split(".")[0] in {*_FIELDS, *_CALLED.values()}:
                    problems.append(
                        Problem(
                            f"{place}, “{single.group()}”",
                            "a field in single braces is not filled in",
                            f"Write {{{{ {single.group(1)} }}}}.",
                        )
                    )
        yield name, tags


def _name_place(part: str, number: int, paragraph: Any, tables: Mapping[Any, int]) -> str:
    cell = next(paragraph.iterancestors(qn("w:tc")), None)
    if cell is None:
        return f"{part}, paragraph {number}"
    row = next(cell.iterancestors(qn("w:tr")))
    table = next(row.iterancestors(qn("w:tbl")))
    column = [c for c in row.iter(qn("w:tc")) if next(c.iterancestors(qn("w:tr"))) is row].index(cell) + 1
    line = [r for r in table.iter(qn("w:tr")) if next(r.iterancestors(qn("w:tbl"))) is table].index(row) + 1
    return f"{part}, table {tables[table]}, row {line}, cell {column}"


def _walk_part(part: str, tags: Sequence[_Tag], book: Book, found: _Found) -> None:
    environment = Environment(autoescape=True)
    source = "\n".join(" ".join(_PREFIX.sub(r"\1", tag.text).split()) for tag in tags)
    try:
        tree = environment.parse(source)
    except TemplateSyntaxError as error:
        number = min(error.lineno, len(tags))
        tag = tags[number - 1] if tags else _Tag("", part)
        found.problems.append(
            Problem(
                f"{tag.place}, “{tag.text}”",
                f"the field is not written as it should be ({(error.message or '').rstrip('.')})",
                "Each for needs its endfor and each if its endif, in the same part. Compare it with our template.",
            )
        )
        return
    walk = _Walk(tags, book, found, environment)
    for node in tree.body:
        walk.visit(node, dict(_FIELDS))


class _Walk:
    """Goes through the fields of one part with what is known at each place."""

    def __init__(self, tags: Sequence[_Tag], book: Book, found: _Found, environment: Environment) -> None:
        self._tags, self._book, self._found, self._environment = tags, book, found, environment

    def visit(self, node: nodes.Node, scope: dict[str, _Type]) -> None:
        match node:
            case nodes.For():
                listed = self._type_of(node.iter, scope)
                inner = {**scope, "loop": _ANYTHING}
                if isinstance(node.target, nodes.Name):
                    inner[node.target.name] = listed.member if isinstance(listed, _ListOf) else _ANYTHING
                for child in (*node.body, *node.else_):
                    self.visit(child, inner)
            case nodes.Assign(target=nodes.Name(name=name)):
                scope[name] = self._type_of(node.node, scope)
            case nodes.Output() | nodes.If():
                for child in node.iter_child_nodes():
                    self.visit(child, scope)
            case nodes.Compare():
                self._note_kinds(node)
                for child in (node.expr, *(operand.expr for operand in node.ops)):
                    self._type_of(child, scope)
            case nodes.Expr():
                self._type_of(node, scope)
            case _:
                for child in node.iter_child_nodes():
                    self.visit(child, scope)

    def _type_of(self, node: nodes.Node, scope: dict[str, _Type]) -> _Type:
        match node:
            case nodes.Name(name=name):
                if name not in scope:
                    self._say_unknown(node, name, scope, "field")
                    return _ANYTHING
                self._found.names.add(name)
                return scope[name]
            case nodes.Getattr(attr=attr) | nodes.Getitem(arg=nodes.Const(value=str() as attr)):
                record = self._type_of(node.node, scope)
                if not isinstance(record, type):
                    return _ANYTHING
                known = [each.name for each in fields(record)]
                if attr not in known:
                    self._say_unknown(node, attr, known, f"field of a {_CALLED[record]}")
                self._found.members.add((record, attr))
                return _MEMBERS.get((record, attr), _ANYTHING)
            case nodes.Call(node=nodes.Name(name="figure")):
                self._found.names.add("figure")
                self._check_citation(node)
                return _ANYTHING
            case nodes.Filter(name=name) if name not in self._environment.filters:
                self._say_unknown(node, name, self._environment.filters, "filter")
        for child in node.iter_child_nodes():
            self.visit(child, scope)
        return _ANYTHING

    def _check_citation(self, node: nodes.Call) -> None:
        named = [argument.value for argument in node.args if isinstance(argument, nodes.Const)]
        cuts = {k.key: str(k.value.value) for k in node.kwargs if isinstance(k.value, nodes.Const)}
        if len(named) != 1:
            self._say(node, "figure needs the name of one metric", 'Write {{r figure("cme_referrals") }}.')
            return
        try:
            breakdown, category = self._book.breakdown_of(str(named[0]), cuts)
            metric = self._book.metric(str(named[0]))
            for name, one in zip(breakdown.split("/"), category.split("/"), strict=True) if cuts else ():
                members = [member.category for member in self._book.categories.get(metric.dimension_of(name), ())]
                if members and one not in members:
                    self._say_unknown(node, one, members, f"category of {name}")
        except UnknownCitation as fault:
            self._say(node, str(fault).rstrip(".?"), "Cite a figure that exists; the evidence pages list them all.")

    def _note_kinds(self, node: nodes.Compare) -> None:
        sides = [node.expr, *(operand.expr for operand in node.ops)]
        if not any(isinstance(side, nodes.Getattr) and side.attr == "kind" for side in sides):
            return
        listed = [
            item for side in sides for item in (side.items if isinstance(side, nodes.List | nodes.Tuple) else [side])
        ]
        for side in listed:
            if isinstance(side, nodes.Const):
                self._found.kinds.add(str(side.value))
                if side.value not in KINDS:
                    self._say_unknown(node, str(side.value), KINDS, "kind of block")

    def _say_unknown(self, node: nodes.Node, name: str, known: Any, what: str) -> None:
        near = difflib.get_close_matches(name, list(known), n=1, cutoff=_LIKELY)
        fix = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(sorted(known)[:12])}."
        self._say(node, f"there is no {what} {name}", fix)

    def _say(self, node: nodes.Node, problem: str, fix: str) -> None:
        tag = self._tags[node.lineno - 1]
        self._found.problems.append(Problem(f"{tag.place}, “{tag.text}”", problem, fix))


def _list_unused(found: _Found) -> Iterator[Problem]:
    """What the report has and the template does not show: wrong where a report would lose something by it."""
    for name, what in _NEEDED.items():
        if name not in found.names:
            yield Problem(WHOLE, f"it does not show {what}", f"Add the field {{{{ {name} }}}}, as in our template.")
    for name in _OPTIONAL:
        if name not in found.names:
            yield Problem(WHOLE, f"the field {name} is not used", "Leave it so if it is meant.", is_wrong=False)
    if "blocks" not in found.names:
        return
    for kind in sorted(KINDS - found.kinds):
        fix = f'Copy the paragraphs from {{%p elif block.kind == "{kind}" %}} on from our template.'
        yield Problem(WHOLE, f"it has no example of the kind of block {kind}, which would be lost", fix)
    for record, needed in _NEEDED_MEMBERS.items():
        for name in needed:
            called = f"{_CALLED[record]}.{name}"
            if (record, name) not in found.members:
                yield Problem(WHOLE, f"it does not show {called}", "Copy its place from our template.")


def _try(template: Path, book: Book) -> Iterator[Problem]:
    """What a build would say of it: it is filled in with a report that has every kind of block."""
    line, cell = (Words("Words of a paragraph"),), (Words("Words of a cell"),)
    drawing = '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"><rect width="4" height="4"/></svg>'
    paper = Paper(
        title="Title of the report",
        subtitle="Its subtitle",
        edition="0000",
        markings=(RESTRICTED, INVENTED),
        front=(("Report to", line),),
        blocks=(
            Heading(1, "A section"),
            Heading(2, "A part of it"),
            Paragraph(line),
            Item((Words("A recommendation"),), 1),
            Item((Words("A bullet"),)),
            Table(1, "A table of figures", ("Measure", "Number"), ((cell, cell),)),
            Table(2, "A table of words", ("Measure", "Meaning"), ((cell, cell),), is_numeric=False),
            Picture(1, (Words("A finding"),), drawing, "A drawing"),
        ),
        cited={},
        dated=date(2000, 1, 1),
    )
    with tempfile.TemporaryDirectory() as folder:
        try:
            write_word(paper, book, template, Path(folder) / "tried.docx", figure=_show_nought)
        except DataFault as fault:
            said = str(fault).removeprefix(f"{template.name}: ").removeprefix(f"{template.name}, ")
            yield Problem(WHOLE, said.rstrip("."), "Compare it with our template: storyboard template write FILE.")


def _show_nought(_metric_id: str, **_categories: str) -> RichText:
    """What the trial report shows for any figure."""
    return RichText("0")
