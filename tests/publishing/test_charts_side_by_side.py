"""Stacked shares and small multiples: drawn to scale, labelled with what is shown, titled with what that proves."""

import csv
import io
import re
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree, html

from pipelines.publishing import side_by_side
from pipelines.publishing.blocks import Chart
from pipelines.publishing.book import Book, UnknownCitation
from pipelines.publishing.comparisons import Break
from pipelines.publishing.pages import PolicyWords, render_pages
from tests.publishing.fabricated import make_book

BOOK = make_book("2018", earlier=(make_book("2016"), make_book("2017")))
STACKS = [
    (("children_reported", "episodes_reported"), "looked_after_status"),
    (("return_interviews_due", "return_interviews_held", "return_interviews_declined"), "looked_after_status"),
    (("cme_referrals", "cme_closed", "cme_open"), "phase"),
    (("missing_episodes",), "risk_level"),
    (("episodes_reported",), "time_of_day"),
]
PANELS = [("push_factors_cited", "factor"), ("children_at_risk_of_cme", "risk"), ("episodes_reported", "age_band")]
SVG = "{http://www.w3.org/2000/svg}"


def read_patches(svg: bytes, kind: str) -> dict[str, tuple[float, float]]:
    """Width and height of each patch of a kind, by what its id names."""
    found = {}
    for group in etree.fromstring(svg).iter(f"{SVG}g"):
        name = group.get("id", "")
        if name.startswith(f"{kind}-"):
            points = [
                tuple(map(float, p)) for p in re.findall(r"[ML] ([-\d.]+) ([-\d.]+)", group.find(f"{SVG}path").get("d"))
            ]
            xs, ys = [x for x, _ in points], [y for _, y in points]
            found[name.removeprefix(f"{kind}-")] = (max(xs) - min(xs), max(ys) - min(ys))
    return found


def read_texts(chart: Chart) -> list[str]:
    return ["".join(text.itertext()) for text in etree.fromstring(chart.svg).iter(f"{SVG}text")]


@pytest.mark.parametrize(("metric_ids", "by"), STACKS)
def test_the_parts_of_a_stack_are_to_scale_and_fill_it_with_its_hidden_parts(
    metric_ids: tuple[str, ...], by: str
) -> None:
    chart = side_by_side.make_stacks(BOOK, metric_ids, by)
    parts, hidden = read_patches(chart.svg, "part"), read_patches(chart.svg, "hidden")
    for row, metric_id in enumerate(metric_ids):
        members = {m.category: m.figure for m in BOOK.series(metric_id, by)}
        widths = {name.split("-", 1)[1]: size[0] for name, size in parts.items() if name.startswith(f"{row}-")}
        assert set(widths) == {name for name, figure in members.items() if figure.value}
        hatches = [size[0] for name, size in hidden.items() if name.startswith(f"{row}-")]
        assert len(hatches) == sum(figure.status == "suppressed" for figure in members.values())
        assert len({round(width, 3) for width in hatches}) <= 1
        assert sum(widths.values()) + sum(hatches) == pytest.approx(350, abs=0.1)
        for name, width in widths.items():
            share = width / sum(widths.values())
            assert share == pytest.approx(float(members[name].value / sum(members[n].value for n in widths)), abs=0.001)


@pytest.mark.parametrize(("metric_ids", "by"), STACKS)
def test_a_stack_shows_and_says_every_number_that_is_not_nought_and_no_other(
    metric_ids: tuple[str, ...], by: str
) -> None:
    chart = side_by_side.make_stacks(BOOK, metric_ids, by)
    labels = {m.label for m in BOOK.series(metric_ids[0], by)} | {BOOK.metric(m).label for m in metric_ids}
    assert sorted(t for t in read_texts(chart) if t not in labels) == sorted(
        mark.figure.display for mark in chart.marks if mark.figure.display != "0" or mark.label.endswith(", all")
    )
    for mark in chart.marks:
        assert f"{mark.label} {mark.figure.display}" in chart.alternative_text
    assert etree.fromstring(chart.svg)[1].text == f"{chart.subtitle}. {chart.alternative_text}"


def make_shares(part: tuple[int, int], whole: tuple[int, int]) -> str:
    """The headline over children and episodes of which so many are looked after."""
    book = make_book("2016")
    figures = {}
    for metric_id, number, total in zip(("children_reported", "episodes_reported"), part, whole, strict=True):
        for key in book._figures:
            if key.metric_id == metric_id and key.breakdown in ("total", "looked_after_status"):
                value = (
                    total if key.breakdown == "total" else number if key.category == "looked_after" else total - number
                )
                old = book._figures[key]
                figures[key] = type(old)(
                    key, Decimal(value), str(value), old.unit, "published", old.period_start, old.period_end, old.as_at
                )
    book._figures |= figures
    chart = side_by_side.make_stacks(book, ("children_reported", "episodes_reported"), "looked_after_status")
    return chart.alternative_text.split(". ")[0]


def test_a_share_is_called_larger_only_where_no_rounding_could_undo_it() -> None:
    assert make_shares((20, 265), (160, 530)) == (
        "Looked after: a larger share of episodes, 265 of 530, than of children, 20 of 160"
    )
    assert make_shares((80, 100), (160, 530)).startswith("Looked after: a smaller share of episodes")
    assert make_shares((20, 75), (160, 530)) == "Looked after: 20 of 160 children and 75 of 530 episodes"


@pytest.mark.parametrize(
    ("metric_id", "by"),
    [
        ("children_at_risk_of_cme", "risk"),
        ("episodes_reported", "ethnicity"),
        ("episodes_per_child", "looked_after_status"),
    ],
)
def test_shares_refuses_parts_that_overlap_or_cannot_be_told_apart_or_are_no_counts(metric_id: str, by: str) -> None:
    with pytest.raises(UnknownCitation):
        side_by_side.make_stacks(BOOK, (metric_id,), by)


@pytest.mark.parametrize(("metric_id", "by"), PANELS)
def test_small_multiples_share_one_scale_and_show_every_edition(metric_id: str, by: str) -> None:
    chart = side_by_side.make_panels(BOOK, metric_id, by)
    panels = side_by_side.list_panels(BOOK, metric_id, by)
    heights: dict[str, list[float]] = {}
    for group in etree.fromstring(chart.svg).iter(f"{SVG}g"):
        if group.get("id", "").startswith("bar-"):
            ys = [float(y) for y in re.findall(r"[ML] [-\d.]+ ([-\d.]+)", group.find(f"{SVG}path").get("d"))]
            heights.setdefault(group.get("id").removeprefix("bar-"), []).append(max(ys) - min(ys))
    drawn = {p.marks[0].category: [m.figure.value for m in p.marks if m.figure.value is not None] for p in panels}
    units = {
        round(height / float(value), 3)
        for category, values in drawn.items()
        for height, value in zip(heights.get(category, []), values, strict=True)
        if value
    }
    assert len(units) == 1
    shown = [t for t in read_texts(chart) if re.fullmatch(r"[\d,]+|\[c\]", t)]
    years = ["2016", "2017", "2018"] * len(panels)
    assert sorted(shown) == sorted(years + [m.figure.display for m in chart.marks])
    for mark in chart.marks:
        assert f"{mark.label} {mark.figure.display}" in chart.alternative_text


def test_small_multiples_speak_of_no_rise_across_a_break_and_mark_it() -> None:
    broken = (Break("2016-06-01", "missing", ("push_factors_cited",), "Recorded in another way."),)
    chart = side_by_side.make_panels(BOOK, "push_factors_cited", "factor", broken)
    assert chart.alternative_text.startswith(
        "Push factors cited by reason: recorded differently since the 2017 edition."
    )
    assert "Recorded differently from the 2018 edition on." in chart.alternative_text
    assert chart.svg.count(b"stroke-dasharray") == len(side_by_side.list_panels(BOOK, "push_factors_cited", "factor"))
    whole = side_by_side.make_panels(BOOK, "push_factors_cited", "factor")
    assert whole.alternative_text.startswith("Since the 2017 edition, push factors cited fell for boundaries.")
    assert b"stroke-dasharray" not in whole.svg


def test_a_page_shows_shares_and_trends_with_their_table_and_their_file(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "index.md").write_text(
        '# Here\n\n{{ shares("children_reported", "episodes_reported", by="looked_after_status") }}\n\n'
        '{{ trends("children_at_risk_of_cme", by="risk") }}\n',
        "utf-8",
    )
    made = render_pages(docs, BOOK, tmp_path / "made", policy=PolicyWords(5, 5), registers={})
    text = (tmp_path / "made" / "index.md").read_text("utf-8")
    figures = html.fromstring(text).xpath('//figure[@class="chart"]')
    assert len(figures) == 2
    for figure in figures:
        cells = figure.xpath('.//table//data[@class="figure"]')
        (link,) = figure.xpath('.//p[@class="download"]/a')
        rows = csv.DictReader(io.StringIO(made.data[Path(link.get("href")).name]))
        assert [cell.text for cell in cells] == [row["display"] for row in rows]
    assert {key.edition for key in made.citations["index.md"]} == {"2016", "2017", "2018"}


def test_what_an_edition_was_not_given_is_not_drawn() -> None:
    without: Book = make_book("2016", absent=frozenset({"missing_episodes"}))
    chart = side_by_side.make_stacks(without, ("children_reported", "episodes_reported"), "looked_after_status")
    assert chart.svg is None
    assert "[x] means not available" in chart.alternative_text


@pytest.mark.parametrize(
    ("names", "among", "said"),
    [
        (["friends"], 7, "for friends"),
        (["friends", "family contact"], 7, "for friends and “family contact”"),
        (["a", "b", "c", "d"], 7, "in four of seven categories"),
        (["a", "b", "c", "d"], 10, "in several categories"),
    ],
)
def test_a_title_names_few_categories_counts_more_in_words_and_types_no_digit(
    names: list[str], among: int, said: str
) -> None:
    assert side_by_side._name_some(names, among) == said
