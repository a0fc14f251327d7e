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

from lxml import etree

from pipelines.publishing.proving.found import Broken, Described, Found, Indexed, Quoted, Said, Setting, Shown

_INLINE = frozenset(
    (
        *("a", "abbr", "b", "cite", "data", "del", "dfn", "em", "i", "ins", "mark", "q", "s", "small", "span"),
        *("strong", "sub", "sup", "time", "u"),
    )
)
_NOT_WORDS = frozenset(["code", "kbd", "pre", "samp", "script", "style", "svg", "template"])
"""What shows names in files, or nothing to read. Sentences that only say what code does are marked `data-tells="code"`."""

_SPOKEN = ("aria-label", "title", "placeholder", "aria-description")
_DIGIT = re.compile(r"\d")
_INDEXED = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?%?|\[[cxz]\]")


def read_page(file: Path, path: str) -> Iterator[Found]:
    """Figures, quotations, words, alternative texts and all numbers of a page; `path` is its path in the edition."""
    page = parse_page(file)
    reader = _Reader(path)
    reader.walk(page)
    reader.flush()
    yield from reader.found
    yield Indexed(tuple(read_article(page)))


def parse_page(file: Path) -> Any:
    """The root of an HTML file."""
    return etree.fromstring(file.read_bytes(), etree.HTMLParser(encoding="utf-8"))


class _Reader:
    """Walks through a page once, collecting the words of each block."""

    def __init__(self, path: str) -> None:
        self.found: list[Found] = []
        self._path = path
        self._words: list[str] = []
        self._line = 0

    def walk(self, element: Any) -> None:
        """Read an element and all that is in it."""
        tag = element.tag
        if not isinstance(tag, str) or tag in _NOT_WORDS or element.get("data-tells") == "code":
            return
        for name, words in element.items():
            if name in _SPOKEN and _DIGIT.search(words):
                self.found.append(Said(f"line {element.sourceline}, attribute {name}", words))
        if tag == "data":
            self._words.append("\ufffc")
            self.found.append(_read_data(element))
            return
        if tag in ("meta", "img"):
            self._read_spoken(element)
        is_block = tag not in _INLINE
        if is_block:
            self.flush()
            self._line = element.sourceline or 0
        self._words.append(element.text or "")
        for child in element:
            self.walk(child)
            self._words.append(child.tail or "")
        if is_block:
            self.flush()

    def flush(self) -> None:
        """End a block."""
        words = "".join(self._words)
        self._words.clear()
        if _DIGIT.search(words):
            self.found.append(Said(f"line {self._line}", " ".join(words.split())))

    def _read_spoken(self, element: Any) -> None:
        place = f"line {element.sourceline}"
        if element.tag == "meta" and element.get("name") in ("description", "keywords", "author"):
            self.found.append(Said(f"{place}, {element.get('name')} of the page", element.get("content", "")))
        if element.tag == "img" and (words := element.get("alt", "")):
            source = element.get("src", "")
            if source.endswith(".svg"):
                folder = posixpath.dirname(self._path)
                drawing = posixpath.normpath(posixpath.join(folder, source))
                self.found.append(Described(place, words, drawing))
            else:
                self.found.append(Said(f"{place}, alternative text", words))


def _read_data(element: Any) -> Found:
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


def read_article(page: Any) -> list[str]:
    """Every number of a page's own text, in order: what the search index must hold of it. Takes the rest out of the page."""
    article = page.find(".//article")
    if article is None:
        return []
    for element in article.iterfind(".//*[@data-search-exclude]"):
        element.tag = "script"
    etree.strip_elements(article, "svg", "script", "style", with_tail=False)
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
