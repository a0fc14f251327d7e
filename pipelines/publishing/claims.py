"""A sentence with the condition under which it is true, and what gives way to what: the `{% claim %}` tag of pages.

Knows templates and no figures: conditions are the page's own functions, which read what may be shown. How a number is
compared is said in `sentences`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser

from pipelines.faults import DataFault


class UntrueClaim(DataFault):
    """No alternative of a claim is true of the edition, and it says nothing for that case."""


class Claims(Extension):
    """`{% claim CONDITION %} ... {% otherwise CONDITION %} ... {% otherwise %} ... {% endclaim %}`.

    The first alternative whose condition holds is written. Where none holds and the last has a condition, the build stops.
    """

    tags = {"claim"}  # noqa: RUF012 (Jinja declares it so)

    def parse(self, parser: Parser) -> nodes.Node:
        """The claim as a chain of conditions that ends with its last resort, or with a stop."""
        line = next(parser.stream).lineno
        branches: list[tuple[nodes.Expr, list[nodes.Node], int]] = []
        test: nodes.Expr | None = self._parse_condition(parser, line)
        last: list[nodes.Node] = []
        while True:
            at = parser.stream.current.lineno
            body = parser.parse_statements(("name:otherwise", "name:endclaim"))
            if test is None:
                last = body
            else:
                branches.append((test, body, at))
            closing = next(parser.stream)
            if closing.value == "endclaim":
                break
            if test is None:
                parser.fail("A claim says {% otherwise %} without a condition once, as its last part.", closing.lineno)
            is_last = parser.stream.current.type == "block_end"
            test = None if is_last else self._parse_condition(parser, closing.lineno)
        if test is not None:
            words = nodes.Const(_first_words(branches[0][1]))
            last = [nodes.Output([self.call_method("stop", [words], lineno=line)], lineno=line)]
        return _chain(branches, last)

    def _parse_condition(self, parser: Parser, line: int) -> nodes.Expr:
        if parser.stream.current.type == "block_end":
            parser.fail('A claim needs its condition, e.g. {% claim zero("children_not_located") %}.', line)
        test = parser.parse_expression()
        is_read = isinstance(test, nodes.Call | nodes.Name)
        if not is_read and not any(True for kind in (nodes.Call, nodes.Name) for _ in test.find_all(kind)):
            parser.fail("The condition of a claim reads no figure, so it tests nothing.", line)
        return test

    def stop(self, words: str) -> str:
        """Called where no alternative holds."""
        raise UntrueClaim(
            f'No alternative of the claim that begins "{words}" is true of this edition. '
            "Add {% otherwise %} with a sentence that is."
        )


def _chain(branches: list[tuple[nodes.Expr, list[nodes.Node], int]], last: list[nodes.Node]) -> nodes.If:
    (test, body, line), *others = branches
    return nodes.If(test, body, [nodes.If(t, b, [], [], lineno=at) for t, b, at in others], last, lineno=line)


def _first_words(body: list[nodes.Node]) -> str:
    text = "".join(data.data for node in body for data in node.find_all(nodes.TemplateData))
    return " ".join(re.sub(r"[*_#]", "", text).split()[:6])


@dataclass(frozen=True, slots=True)
class UntestedClaim:
    """A word that claims something about the figure of its sentence, which no condition tests. `line` counts from 1."""

    line: int
    word: str


CLAIMING = re.compile(
    r"\b(?:rose|risen|fell|fallen|rising|falling|increased?|decreased?|grew|doubled|halved|highest|lowest|largest|smallest"
    r"|majority|minority|most|nobody|none|never|always|for the first time|as (?:many|few) as|more than (?:before|last)"
    r"|fewer than (?:before|last)|only)\b",
    re.IGNORECASE,
)
"""Words that are true of some numbers and untrue of others."""

_SHOWING = ("figure", "share")
_STATING = ("available",)
_SENTENCE = re.compile(r"(?<=[.!?])(?:\*\*)?\s|\n\s*\n|\n\s*[-|]|\n#")
_FIGURE = "\x00"


def find_untested_claims(template: nodes.Template) -> list[UntestedClaim]:
    """Sentences that show a figure and claim something of it, outside of any condition that reads a number.

    `available()` is no such condition: it says that there are numbers, not what they are.
    """
    found = []
    for start, text in _read_sentences(list(_read_pieces(template.body))):
        if _FIGURE in text and (word := CLAIMING.search(text)):
            found.append(UntestedClaim(start + text.count("\n", 0, word.start()), word.group()))
    return found


def _read_pieces(body: list[nodes.Node]) -> Iterator[tuple[int, str]]:
    """(line, text) of all that stands outside conditions, a figure as one character; what is tested is left out."""
    for node in body:
        if isinstance(node, nodes.Output):
            line = node.lineno
            for part in node.nodes:
                if isinstance(part, nodes.TemplateData):
                    yield part.lineno, part.data
                    line = part.lineno + part.data.count("\n")
                elif _calls(part) & set(_SHOWING):
                    yield part.lineno or line, _FIGURE
                else:
                    yield part.lineno or line, "x"
        elif isinstance(node, nodes.If):
            if _calls(node.test) <= set(_STATING) and _calls(node.test):
                yield from _read_pieces(node.body)
                yield node.lineno, "\n\n"
        elif isinstance(node, nodes.For):
            yield from _read_pieces(node.body)


def _calls(node: nodes.Node) -> set[str]:
    calls = [node] if isinstance(node, nodes.Call) else []
    calls += list(node.find_all(nodes.Call))
    return {call.node.name for call in calls if isinstance(call.node, nodes.Name)}


def _read_sentences(pieces: list[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """(line on which it starts, text) of each sentence."""
    text = "".join(piece for _, piece in pieces)
    starts: list[tuple[int, int]] = []
    at = 0
    for line, piece in pieces:
        starts.append((at, line))
        at += len(piece)
    begin = 0
    for end in [match.end() for match in _SENTENCE.finditer(text)] + [len(text)]:
        offset, line = max((s for s in starts if s[0] <= begin), default=(0, 1))
        yield line + text.count("\n", offset, begin), text[begin:end]
        begin = end
