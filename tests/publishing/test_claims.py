import re
from pathlib import Path

import pytest
from jinja2 import Environment

from pipelines import paths
from pipelines.faults import DataFault
from pipelines.publishing.book import Book
from pipelines.publishing.citations import find_pages
from pipelines.publishing.claims import Claims, find_untested_claims
from pipelines.publishing.pages import PolicyWords, render_pages
from tests.publishing.fabricated import make_book
from tests.publishing.test_comparisons import make_with

POLICY = PolicyWords(5, 5)
LOCATED = (
    "# Found\n\n"
    '{% claim zero("children_not_located") %}\nNo child was still to be found.\n'
    '{% otherwise published("children_not_located") %}\n'
    '{{ figure("children_not_located") }} were still to be found.\n'
    "{% otherwise %}\nThe number is not shown.\n{% endclaim %}\n"
)
BREAKS = "terms: []\nbreaks:\n- {date: '2015-04-01', collection: missing, metrics: [episodes_reported], text: Shared words}\n"
NOTICE = '{% set about = ["missing"] %}{% include "registers/break-notice.md" %}\n'


def render(folder: Path, text: str, book: Book, registers: str = "") -> str:
    docs = folder / "docs"
    (docs / "registers").mkdir(parents=True)
    (docs / "page.md").write_text(text, "utf-8")
    if registers:
        (docs / "registers" / "definitions.yml").write_text(registers, "utf-8")
        notice = (paths.DOCS / "registers" / "break-notice.md").read_text("utf-8")
        (docs / "registers" / "break-notice.md").write_text(notice, "utf-8")
    render_pages(docs, book, folder / "rendered", policy=POLICY)
    return (folder / "rendered" / "page.md").read_text("utf-8")


def refuse(folder: Path, text: str, book: Book, registers: str = "") -> str:
    with pytest.raises(DataFault) as caught:
        render(folder, text, book, registers)
    return str(caught.value)


@pytest.mark.parametrize(
    ("value", "words"), [(0, "No child was still"), (10, "were still to be found"), (None, "The number is not shown")]
)
def test_a_claim_gives_way_to_the_first_alternative_that_is_true(tmp_path: Path, value: int | None, words: str) -> None:
    text = render(tmp_path, LOCATED, make_with("2016", children_not_located=value))
    assert words in text
    assert text.count("found") + text.count("not shown") == 1


def test_a_claim_that_is_untrue_and_has_no_alternative_stops_the_build_naming_its_line(tmp_path: Path) -> None:
    text = '# A\n\nWords.\n\n{% claim zero("cme_open") %}\nNo case was open then.\n{% endclaim %}\n'
    message = refuse(tmp_path, text, make_with("2016", cme_open=10))
    assert message.startswith('docs/page.md, line 5: No alternative of the claim that begins "No case was open then')


@pytest.mark.parametrize(
    ("tag", "told"),
    [
        ("{% claim %}x{% endclaim %}", "needs its condition"),
        ("{% claim 1 < 2 %}x{% endclaim %}", "tests nothing"),
        ("{% claim zero('cme_open') %}x{% otherwise %}y{% otherwise %}z{% endclaim %}", "as its last part"),
        ("{% claim zero('cme_opn') %}x{% otherwise %}y{% endclaim %}", "cme_open"),
    ],
)
def test_a_claim_that_tests_nothing_is_refused(tmp_path: Path, tag: str, told: str) -> None:
    message = refuse(tmp_path, f"# A\n\n{tag}\n", make_book("2016"))
    assert message.startswith("docs/page.md, line 3: ")
    assert told in message


@pytest.mark.parametrize(
    ("sentence", "word"),
    [
        ('{{ figure("cme_open") }} cases were open, the highest number so far.', "highest"),
        ('Most episodes were short: {{ figure("missing_episodes") }}.', "Most"),
        ('Words first.\nThe number rose to {{ figure("cme_open") }}.', "rose"),
        ('{% if available("cme_open") %}Only {{ figure("cme_open") }} were.{% endif %}', "Only"),
        ('- a\n- {{ share("episodes_reported", sex="female") }} is the majority', "majority"),
    ],
)
def test_a_word_that_claims_something_of_a_figure_outside_a_condition_is_refused(
    tmp_path: Path, sentence: str, word: str
) -> None:
    message = refuse(tmp_path, f"# A\n\n{sentence}\n", make_book("2016"))
    assert f'"{word}" claims something of a figure' in message
    line = 2 + sentence[: sentence.index(word)].count("\n") + 1
    assert message.startswith(f"docs/page.md, line {line}: ")


@pytest.mark.parametrize(
    "sentence",
    [
        '{{ figure("cme_open") }} cases were open. The aim is that none is.',
        '{% claim most("episodes_reported", sex="female") %}Most: {{ figure("cme_open") }}.{% otherwise %}{% endclaim %}',
        '{% if change("cme_open") %}It {{ change("cme_open") }} to {{ figure("cme_open") }}, the highest.{% endif %}',
        "Most children are found soon.",
    ],
)
def test_what_is_tested_or_speaks_of_no_figure_is_no_untested_claim(sentence: str) -> None:
    environment = Environment(extensions=[Claims], autoescape=True)
    assert find_untested_claims(environment.parse(sentence)) == []


@pytest.mark.parametrize(
    "call",
    [
        '{% if change("episodes_reported") %}It {{ change("episodes_reported") }}.{% endif %}',
        '{{ trend("episodes_reported") }}',
        '{{ before("episodes_reported") }}',
        '{% claim rose("episodes_reported") %}More.{% otherwise %}Not more.{% endclaim %}',
        '{{ change("episodes_per_child") }}',
    ],
)
def test_a_comparison_across_a_break_stops_the_build_unless_the_page_tells_of_it(tmp_path: Path, call: str) -> None:
    book = make_book("2017", earlier=(make_book("2016"),))
    message = refuse(tmp_path / "one", f"# A\n\nWords.\n\n{call}\n", book, BREAKS)
    assert message.startswith("docs/page.md, line 5: ")
    assert "1 April 2015: Shared words" in message
    assert "Take care when you compare editions" in render(tmp_path / "two", f"# A\n\n{NOTICE}\n{call}\n", book, BREAKS)


def test_a_trend_across_a_break_says_neither_rose_nor_fell_and_marks_it(tmp_path: Path) -> None:
    book = make_book("2017", earlier=(make_book("2016"),))
    text = render(tmp_path, f'# A\n\n{NOTICE}\n{{{{ trend("episodes_reported") }}}}\n', book, BREAKS)
    assert "Episodes reported rose" not in text
    assert "(recorded differently)" in text
    assert "<b>A</b> 1 April 2015: Shared words (recorded differently since)" in text


def test_a_change_without_a_break_needs_no_notice(tmp_path: Path) -> None:
    book = make_book("2017", earlier=(make_book("2016"),))
    assert "rose" in render(tmp_path, '# A\n\nIt {{ change("children_reported") }}.\n', book, BREAKS)


@pytest.mark.parametrize(
    ("metric_id", "said"),
    [("episodes_reported", "rose, but it was recorded differently then."), ("children_reported", "rose.")],
)
def test_a_sentence_on_a_change_says_where_it_was_recorded_differently(
    tmp_path: Path, metric_id: str, said: str
) -> None:
    book = make_book("2017", earlier=(make_book("2016"),))
    words = f'{{{{ change("{metric_id}") }}}}{{% claim apart("{metric_id}") %}}, but it was recorded differently then'
    text = f"# A\n\n{NOTICE}\nIt {words}{{% otherwise %}}{{% endclaim %}}.\n"
    assert f"It {said}" in render(tmp_path, text, book, BREAKS)


def test_a_seventh_headline_figure_is_refused(tmp_path: Path) -> None:
    cards = '- **{{ figure("cme_open") }}** cases\n' * 7
    message = refuse(tmp_path, f'# A\n\n<div class="headlines" markdown>\n\n{cards}\n</div>\n', make_book("2016"))
    assert message.startswith("docs/page.md, line 3: 7 headline figures, and 6 at most")


READS_A_NUMBER = re.compile(
    r"\{%-?\s*(?:if|elif)\b[^%]*\b(?:zero|published|change|more|most|below|rose|fell|first_time|highest|lowest|largest)\("
)


def test_every_sentence_of_the_pages_whose_truth_hangs_on_a_number_is_a_claim() -> None:
    plain = [
        f"{path.relative_to(paths.DOCS)}: {found.group()}"
        for path in find_pages(paths.DOCS)
        for found in READS_A_NUMBER.finditer(path.read_text("utf-8"))
    ]
    assert plain == []
