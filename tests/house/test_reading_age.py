"""The board's pages as a reader meets them: the reading age of their sentences, and letters that are explained.

Measured on the pages as they are filled in for an edition. Words that no page may use are tested with the registers.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lxml import html
from markdown_it import MarkdownIt

from pipelines import paths
from pipelines.publishing.pages import PolicyWords, render_pages
from tests.publishing.fabricated import make_book

OLDEST = 14
"""The age at which a reader in school should be able to read a page. The aim is 12 to 14 years, or younger."""

EXPLAINED = {
    "CME": "Officers often say CME for short",
    "SSDA": "called SSDA903",
    "SFR": "tatistical first releases (SFR)",
}
"""Letters that stand for words, each with how a page that uses them explains them."""

NAMES = {"PDF", "CSV", "AA"}
"""Letters that are known as they are: kinds of files, a level of a standard."""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The pages for the board, as the text of Markdown, of an edition with one before it."""
    into = tmp_path_factory.mktemp("pages")
    book = make_book("2017", earlier=(make_book("2016"),))
    made = render_pages(paths.DOCS, book, into, policy=PolicyWords(5, 5))
    board = [page for page in made.pages if not page.startswith(("evidence/", "metrics/"))]
    return {page: _without_front_matter(into / page) for page in board}


def _without_front_matter(page: Path) -> str:
    return re.sub(r"\A---\n.*?\n---\n", "", page.read_text("utf-8"), flags=re.DOTALL)


def read_sentences(text: str) -> list[list[str]]:
    """The words of each sentence of the paragraphs and items of a page; tables, charts and headings are left out."""
    page = html.fragment_fromstring(MarkdownIt("commonmark", {"html": True}).enable("table").render(text), "div")
    found = []
    for block in page.iter("p", "li"):
        if any(a.tag in ("figure", "table", "details", "p") for a in block.iterancestors()):
            continue
        prose = " ".join(block.text_content().split())
        for sentence in re.split(r"(?<=[.?!])\s+", prose):
            words = re.findall(r"[A-Za-z0-9'’,%-]+", sentence)
            if sentence.endswith((".", "?", "!")) and len(words) > 2:
                found.append(words)
    return found


def measure_reading_age(sentences: list[list[str]]) -> float:
    """The Automated Readability Index (Senter and Smith, 1967) as an age: the American school grade and five years."""
    words = [word for sentence in sentences for word in sentence]
    characters = sum(len(re.sub(r"[^A-Za-z0-9]", "", word)) for word in words)
    return 4.71 * characters / len(words) + 0.5 * len(words) / len(sentences) - 21.43 + 5


def test_the_measure_tells_plain_words_from_the_language_of_committees() -> None:
    plain = read_sentences("After a child comes back, someone talks with them. The child may say no.")
    heavy = read_sentences(
        "Multi-agency safeguarding arrangements necessitate proportionate interventions, notwithstanding organisational "
        "constraints upon information sharing methodologies."
    )
    assert measure_reading_age(plain) < 10
    assert measure_reading_age(heavy) > 20


def test_every_page_for_the_board_can_be_read_at_the_age_of_14(pages: dict[str, str]) -> None:
    ages = {page: measure_reading_age(read_sentences(text)) for page, text in pages.items()}
    assert len(ages) > 15
    assert {page: round(age, 1) for page, age in ages.items() if age > OLDEST} == {}


def test_the_page_for_young_people_can_be_read_at_the_age_of_11(pages: dict[str, str]) -> None:
    assert measure_reading_age(read_sentences(pages["young-people.md"])) <= 11


def test_no_sentence_of_a_page_is_longer_than_40_words(pages: dict[str, str]) -> None:
    long = {
        page: [" ".join(words) for words in read_sentences(text) if len(words) > 40] for page, text in pages.items()
    }
    assert {page: sentences for page, sentences in long.items() if sentences} == {}


def test_letters_that_stand_for_words_are_explained_on_the_page_that_uses_them(pages: dict[str, str]) -> None:
    unexplained = []
    for page, text in pages.items():
        shown = " ".join(" ".join(html.fragment_fromstring(text, "div").itertext()).split())
        for letters in sorted(set(re.findall(r"\b[A-Z]{2,}(?=\d*\b)", shown)) - NAMES):
            if letters not in EXPLAINED or EXPLAINED[letters] not in shown:
                unexplained.append(f"{page}: {letters}")
    assert unexplained == []
