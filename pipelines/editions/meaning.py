"""What an edition says, apart from its bytes: figures, sentences, what is hidden, definitions. This is what people approve.

Reading it from a sealed folder, hashing it, and listing what differs between two of them belong here. A page that only looks
different says the same; a figure, a sentence or a definition that differs does not.
"""

from __future__ import annotations

import csv
import hashlib
import itertools
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from pipelines.editions.seal import PAGES
from pipelines.faults import DataFault

_BLOCKS = frozenset(
    ("p", "li", "h1", "h2", "h3", "h4", "h5", "h6", "td", "th", "figcaption", "summary", "dt", "dd", "caption", "title")
)
_UNREAD = frozenset(("script", "style", "nav", "header", "footer", "form", "svg"))
_PAPERS = ("restricted/dmt-report.docx", "restricted/*/dmt-report.docx")
"""The report of one authority, and of each of several."""
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@dataclass(frozen=True, slots=True)
class Meaning:
    """Figures by address (exact and public), sentences by page in their order, definitions and the policy by hash."""

    figures: Mapping[str, str]
    sentences: Mapping[str, tuple[str, ...]]
    definitions: Mapping[str, str]
    policy: str

    @property
    def sha256(self) -> str:
        """One hash of all of it."""
        return hashlib.sha256(self.as_bytes()).hexdigest()

    def as_bytes(self) -> bytes:
        """As it is kept until an approval of it has lapsed and been looked at."""
        stated = {
            "figures": dict(self.figures),
            "sentences": {page: list(sentences) for page, sentences in self.sentences.items()},
            "definitions": dict(self.definitions),
            "policy": self.policy,
        }
        return (json.dumps(stated, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode("utf-8")


@dataclass(frozen=True, slots=True)
class Differences:
    """What differs from one meaning to another. Figures as (address, before, after), sentences as (page, sign, sentence)."""

    figures: tuple[tuple[str, str, str], ...] = ()
    sentences: tuple[tuple[str, str, str], ...] = ()
    definitions: tuple[str, ...] = ()
    is_other_policy: bool = False

    def as_json(self) -> dict[str, Any]:
        """In JSON's own types."""
        return {
            "figures": [{"figure": figure, "from": a, "to": b} for figure, a, b in self.figures],
            "sentences": [{"page": page, "change": sign, "sentence": text} for page, sign, text in self.sentences],
            "definitions": list(self.definitions),
            "policy": self.is_other_policy,
        }


def read_meaning(folder: Path) -> Meaning:
    """What a sealed edition says. DataFault where a part of it cannot be read."""
    try:
        figures = dict(_read_figures(folder))
        pages = folder / PAGES
        sentences = {
            path.relative_to(pages).as_posix(): tuple(_read_page(path)) for path in sorted(pages.rglob("*.html"))
        }
        for paper in sorted(itertools.chain.from_iterable(map(folder.glob, _PAPERS))):
            sentences[paper.relative_to(folder).as_posix()] = tuple(read_paper(paper))
        audit = folder / "restricted" / "audit"
        metrics = json.loads((audit / "metrics.json").read_text("utf-8")) if (audit / "metrics.json").is_file() else {}
        policy = (audit / "policy.yml").read_bytes() if (audit / "policy.yml").is_file() else b""
        return Meaning(
            figures,
            sentences,
            {metric: entry["definition_sha256"] for metric, entry in metrics.items()},
            hashlib.sha256(policy).hexdigest(),
        )
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, ElementTree.ParseError) as fault:
        raise DataFault(
            f"What edition {folder.name} says cannot be read. See what was changed with: storyboard verify."
        ) from fault


def read_paper_meaning(folder: Path, paper: str) -> Meaning:
    """What one restricted paper of a sealed edition rests on and says: the exact figures and, of a Word file, its sentences.

    Where a paper lists in an annex the metrics that it rests on, by their names in the data, its figures are those alone.
    A workbook that people work through rests on the list beside it, of the same name: each row is one sentence.
    """
    try:
        if paper.endswith(".xlsx"):
            return Meaning({}, {paper: tuple(_read_list((folder / paper).with_suffix(".csv")))}, {}, "")
        figures = {address: value for address, value in _read_figures(folder) if address.startswith("restricted/")}
        sentences = {paper: tuple(read_paper(folder / paper))} if paper.endswith(".docx") else {}
        named = set(itertools.chain.from_iterable(sentences.values()))
        used = {address: value for address, value in figures.items() if named.intersection(address.split("/")[3:4])}
        figures = used or figures
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, ElementTree.ParseError) as fault:
        raise DataFault(
            f"What {paper} of edition {folder.name} says cannot be read. See what was changed with: storyboard verify."
        ) from fault
    return Meaning(figures, sentences, {}, "")


def _read_list(path: Path) -> Iterator[str]:
    """The rows of a list, without the columns that say how it was drawn."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        shown = list(itertools.takewhile(lambda name: name != "stratum", reader.fieldnames or ()))
        for row in reader:
            first, *rest = (row[name] for name in shown)
            yield f"{first}: {'; '.join(text for text in rest if text)}"


def load_meaning(content: bytes) -> Meaning:
    """A meaning that was kept (`as_bytes`). ValueError or KeyError where it is none."""
    stated = json.loads(content)
    return Meaning(
        stated["figures"],
        {page: tuple(sentences) for page, sentences in stated["sentences"].items()},
        stated["definitions"],
        stated["policy"],
    )


def list_differences(before: Meaning, after: Meaning) -> Differences:
    """Each figure, sentence and definition that is not the same in both."""
    figures = tuple(
        (address, before.figures.get(address, "none"), after.figures.get(address, "none"))
        for address in sorted({*before.figures, *after.figures})
        if before.figures.get(address) != after.figures.get(address)
    )
    sentences: list[tuple[str, str, str]] = []
    for page in sorted({*before.sentences, *after.sentences}):
        gone, come = before.sentences.get(page, ()), after.sentences.get(page, ())
        sentences += [(page, "removed", sentence) for sentence in gone if sentence not in come]
        sentences += [(page, "added", sentence) for sentence in come if sentence not in gone]
        if sorted(gone) == sorted(come) and gone != come:
            sentences.append((page, "moved", "The same sentences in another order."))
    definitions = tuple(
        metric
        for metric in sorted({*before.definitions, *after.definitions})
        if before.definitions.get(metric) != after.definitions.get(metric)
    )
    return Differences(figures, tuple(sentences), definitions, before.policy != after.policy)


def _read_figures(folder: Path) -> Iterator[tuple[str, str]]:
    files = [(side, name) for name in ("figures.csv", "scorecard.csv") for side in ("restricted", "public")]
    for side, name in files:
        path = folder / side / name
        if not path.is_file():
            path = folder / "restricted" / "withdrawn" / side / name
        if name == "scorecard.csv" and not path.is_file():
            # Editions were sealed without quarters once.
            continue
        with path.open(encoding="utf-8", newline="") as lines:
            for number, row in enumerate(csv.DictReader(lines)):
                names = ("edition", "authority", "metric_id", "breakdown", "category")
                address = "/".join(row.pop(name) or "" for name in names) if "metric_id" in row else str(number)
                yield f"{side}/{address}", "; ".join(str(value) for value in row.values() if value)


def _read_page(path: Path) -> list[str]:
    reader = _Reader()
    reader.feed(path.read_text("utf-8"))
    reader.close()
    reader.finish()
    return reader.found


def read_paper(path: Path) -> Iterator[str]:
    """The paragraphs of a Word file that have words, in their order."""
    with zipfile.ZipFile(path) as archive:
        document = ElementTree.fromstring(archive.read("word/document.xml"))
    for paragraph in document.iter(f"{_WORD}p"):
        text = " ".join("".join(run.text or "" for run in paragraph.iter(f"{_WORD}t")).split())
        if text:
            yield text


@dataclass
class _Reader(HTMLParser):
    """The words that a reader of a page sees, block by block."""

    found: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._unread = 0
        self._words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNREAD:
            self._unread += 1
        if tag in _BLOCKS:
            self.finish()
        if tag == "img":
            self._words.append(dict(attrs).get("alt") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNREAD and self._unread:
            self._unread -= 1
        if tag in _BLOCKS:
            self.finish()

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self._words.append(data)

    def finish(self) -> None:
        """End the block that is being read."""
        text = " ".join("".join(self._words).split())
        if text:
            self.found.append(text)
        self._words = []
