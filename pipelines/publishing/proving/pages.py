"""Reads finished HTML pages and the search index that is made from them.

A figure stands in an element of its own that holds its address; all other words are running text, block by block.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

from lxml import etree, html

from pipelines.publishing.proving.found import Broken, Described, Found, Quoted, Said, Setting, Shown

_INLINE = frozenset(
    (
        *("a", "abbr", "b", "cite", "data", "del", "dfn", "em", "i", "ins", "mark", "q", "s", "small", "span"),
        *("strong", "sub", "sup", "time", "u"),
    )
)
_NOT_WORDS = frozenset(["code", "kbd", "pre", "samp", "script", "style", "svg", "template"])
"""What shows names in files, or nothing to read. Sentences that only say what code does are marked `data-tells="code"`."""

_SPOKEN = ("aria-label", "title", "placeholder", "aria-description")
_INDEXED = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?%?|\[[cxz]\]")


def read_page(file: Path, path: str) -> Iterator[Found]:
    """Figures, quotations, words and alternative texts of a page; `path` is its path in the edition."""
    page = html.fromstring(file.read_bytes(), parser=html.HTMLParser(encoding="utf-8"))
    yield from _Reader(path).read(page)


class _Reader:
    """Walks through a page once, collecting the words of each block."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._words: list[str] = []
        self._line = 0

    def read(self, page: Any) -> Iterator[Found]:
        yield from self._walk(page)
        yield from self._flush()

    def _walk(self, element: Any) -> Iterator[Found]:
        tag = element.tag
        if not isinstance(tag, str) or tag in _NOT_WORDS or element.get("data-tells") == "code":
            return
        yield from self._read_attributes(element)
        if tag == "data":
            self._words.append("\ufffc")
            yield self._read_data(element)
            return
        is_block = tag not in _INLINE
        if is_block:
            yield from self._flush()
            self._line = element.sourceline or 0
        self._words.append(element.text or "")
        for child in element:
            yield from self._walk(child)
            self._words.append(child.tail or "")
        if is_block:
            yield from self._flush()

    def _flush(self) -> Iterator[Found]:
        text = " ".join("".join(self._words).split())
        self._words.clear()
        if any(c.isdigit() for c in text):
            yield Said(f"line {self._line}", text)

    def _read_data(self, element: Any) -> Found:
        place, text = f"line {element.sourceline}", "".join(element.itertext()).strip()
        kind, value = element.get("class", ""), element.get("value")
        if kind == "published":
            return Quoted(place, text, value or "")
        if kind == "setting":
            return Setting(place, text)
        address = element.get("data-figure")
        if kind != "figure" or address is None or value is None:
            return Broken(place, f"“{text}” stands in a data element that names no figure")
        return Shown(place, address, text, value)

    def _read_attributes(self, element: Any) -> Iterator[Found]:
        place = f"line {element.sourceline}"
        for name in _SPOKEN:
            words = element.get(name, "")
            if any(c.isdigit() for c in words):
                yield Said(f"{place}, attribute {name}", words)
        if element.tag == "meta" and element.get("name") in ("description", "keywords", "author"):
            yield Said(f"{place}, {element.get('name')} of the page", element.get("content", ""))
        if element.tag == "img" and (words := element.get("alt", "")):
            source = element.get("src", "")
            if source.endswith(".svg"):
                folder = posixpath.dirname(self._path)
                yield Described(place, words, posixpath.normpath(posixpath.join(folder, source)))
            else:
                yield Said(f"{place}, alternative text", words)


def read_article(file: Path) -> list[str]:
    """Every number of a page's own text, in order: what the search index must hold of it."""
    page = html.fromstring(file.read_bytes(), parser=html.HTMLParser(encoding="utf-8"))
    article = page.find(".//article")
    if article is None:
        return []
    for element in [*article.iter("svg", "script", "style"), *article.iterfind(".//*[@data-search-exclude]")]:
        if element.getparent() is not None:
            element.drop_tree()
    return _INDEXED.findall(" ".join(article.itertext()))


def read_index(file: Path) -> dict[str, list[str]]:
    """Every number that the search index holds of each page, in order. Raises ValueError where it is no index."""
    text = file.read_text("utf-8")
    index = json.loads(text[text.index("{") : text.rindex("}") + 1])
    pages: dict[str, list[str]] = {}
    for entry in index["docs"]:
        words = unescape(re.sub(r"<[^>]+>", " ", f"{entry['title']} {entry['text']}"))
        pages.setdefault(entry["location"].split("#")[0] or "index.html", []).extend(_INDEXED.findall(words))
    return pages


_SVG = "{http://www.w3.org/2000/svg}"


def read_drawing(file: Path) -> Iterator[Found]:
    """The words and numbers of an SVG drawing, its title and its description. No network, no entities."""
    root = parse_drawing(file)
    for element in root.iter(f"{_SVG}text", f"{_SVG}title", f"{_SVG}desc"):
        kind = element.tag.removeprefix(_SVG)
        words = "".join(element.itertext())
        place = f"{kind} “{words[:40]}”" if kind == "text" else kind
        if kind == "text" and (address := element.get("data-figure")):
            yield Shown(place, address, words)
        else:
            yield Said(place, words, tuple(element.get("data-figures", "").split()))


def describe_drawing(file: Path) -> str:
    """Title and description of a drawing."""
    root = parse_drawing(file)
    return "\n".join("".join(each.itertext()) for each in root.iter(f"{_SVG}title", f"{_SVG}desc"))


def parse_drawing(file: Path) -> Any:
    """The root of an SVG file."""
    return etree.fromstring(file.read_bytes(), etree.XMLParser(no_network=True, resolve_entities=False))
