import re
from decimal import Decimal

import pytest
from lxml import etree, html

from pipelines.publishing import blocks
from pipelines.publishing.findings import name_of
from pipelines.publishing.proofs import make_proof
from tests.publishing.fabricated import make_book

BOOK = make_book("2016")
EVERY = [(metric.metric_id, by) for metric in BOOK.metrics.values() for by in metric.breakdowns]
NUMBER = re.compile(r"\d(?:[\d,]*\d)?(?:\.\d+)?%?|\[[cxz]\]")
SVG = "{http://www.w3.org/2000/svg}"


def measure_bars(svg: bytes) -> dict[str, float]:
    """The length of each bar by its category: its longer way for columns is the y way, for bars the x way."""
    lengths = {}
    for group in etree.fromstring(svg).iter(f"{SVG}g"):
        if group.get("id", "").startswith("bar-"):
            path = group.find(f"{SVG}path").get("d")
            points = [tuple(map(float, p)) for p in re.findall(r"[ML] ([-\d.]+) ([-\d.]+)", path)]
            width = max(x for x, _ in points) - min(x for x, _ in points)
            height = max(y for _, y in points) - min(y for _, y in points)
            lengths[group.get("id").removeprefix("bar-")] = (width, height)
    thickness = [min(size) for size in lengths.values() if min(size) > 0]
    upright = len({round(w, 3) for w, _ in lengths.values()}) == 1 and thickness
    return {name: (h if upright else w) for name, (w, h) in lengths.items()}


@pytest.mark.parametrize(("metric_id", "by"), EVERY)
def test_bars_are_as_long_as_the_published_values_and_start_at_zero(metric_id: str, by: str) -> None:
    chart = blocks.make_chart(BOOK, metric_id, by)
    if chart.svg is None:
        assert all(mark.figure.value is None for mark in chart.marks)
        return
    lengths = measure_bars(chart.svg)
    values = {m.category.replace("/", "-"): m.figure.value for m in chart.marks if m.figure.value is not None}
    assert set(lengths) == set(values)
    largest = max(values.values())
    for category, value in values.items():
        if largest:
            expected = float(value / largest) * max(lengths.values())
            assert lengths[category] == pytest.approx(expected, abs=0.02)
        else:
            assert lengths[category] == 0


@pytest.mark.parametrize(("metric_id", "by"), EVERY)
def test_a_drawing_shows_the_text_of_every_figure_and_no_other_number(metric_id: str, by: str) -> None:
    chart = blocks.make_chart(BOOK, metric_id, by)
    if chart.svg is None:
        return
    texts = ["".join(t.itertext()) for t in etree.fromstring(chart.svg).iter(f"{SVG}text")]
    labels = {mark.label[:3] if by == "month" else mark.label for mark in chart.marks}
    years = {mark.category[:4] for mark in chart.marks} if by == "month" else set()
    assert sorted(t for t in texts if t not in labels | years) == sorted(m.figure.display for m in chart.marks)


@pytest.mark.parametrize(("metric_id", "by"), EVERY)
def test_the_alternative_text_says_each_plotted_value_and_no_other(metric_id: str, by: str) -> None:
    chart = blocks.make_chart(BOOK, metric_id, by)
    for mark in chart.marks:
        assert f"{mark.label} {mark.figure.display}" in chart.alternative_text
    allowed = {m.figure.display for m in chart.marks} | {BOOK.figure(metric_id).display}
    rest = chart.alternative_text
    for words in sorted(_words(metric_id, chart), key=len, reverse=True):
        rest = rest.replace(words, "").replace(words.lower(), "")
    assert set(NUMBER.findall(rest)) <= allowed


def _words(metric_id: str, chart: blocks.Chart) -> set[str]:
    """Labels that hold digits of their own, which are names and no figures."""
    return {mark.label for mark in chart.marks} | {name_of(BOOK.metric(metric_id))}


def test_a_hidden_number_is_a_hatch_of_one_length_whatever_it_hides() -> None:
    lengths = set()
    for metric_id, by in EVERY:
        if by == "month":
            continue
        svg = blocks.make_chart(BOOK, metric_id, by).svg
        for group in etree.fromstring(svg).iter(f"{SVG}g") if svg else ():
            if group.get("id", "").startswith("hidden-"):
                paths = [p.get("d") for p in group.iter(f"{SVG}path") if "M" in p.get("d", "")]
                points = [float(x) for x, _ in re.findall(r"[ML] ([-\d.]+) ([-\d.]+)", paths[0])]
                lengths.add(round(max(points) - min(points), 3))
    assert lengths == {14.0}


def test_a_drawing_is_an_image_with_a_title_and_a_description_and_no_size_of_its_own() -> None:
    chart = blocks.make_chart(BOOK, "episodes_reported", "sex")
    assert chart.svg is not None
    root = etree.fromstring(chart.svg)
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "title desc"
    assert [child.tag for child in root][:2] == [f"{SVG}title", f"{SVG}desc"]
    assert root[0].text == "Most episodes involved girls: 340 of 530"
    assert root.get("width") is None
    assert root.get("viewBox")
    assert b"metadata" not in chart.svg
    assert b"http" not in chart.svg.replace(b"http://www.w3.org/", b"")


def test_drawing_again_gives_the_same_bytes() -> None:
    first = [blocks.make_chart(BOOK, metric_id, by).svg for metric_id, by in EVERY]
    assert [blocks.make_chart(make_book("2016"), metric_id, by).svg for metric_id, by in reversed(EVERY)] == first[::-1]


def test_a_figure_holds_its_finding_its_table_and_its_proof_without_a_blank_line() -> None:
    chart = blocks.make_chart(BOOK, "missing_episodes", "duration_band")
    table = blocks.mark_up_breakdown_table(BOOK, "missing_episodes", "duration_band")
    proof = make_proof(BOOK, ["missing_episodes"], "counts are rounded", link=lambda metric_id: f"{metric_id}.html")
    text = blocks.mark_up_chart(chart, table, proof.markup, "../charts/x.svg", "here", "../data/x.csv")
    assert "\n\n" not in text
    figure = html.fragment_fromstring(text)
    assert figure.find(".//img").get("alt") == chart.alternative_text
    rows = figure.findall(".//tbody/tr")
    assert [r.findtext("th") for r in rows] == [m.label for m in chart.marks] + ["Total"]
    assert [r.find(".//data").text for r in rows][:-1] == [m.figure.display for m in chart.marks]
    assert figure.find(".//details/summary").text == "How we know"


def test_a_breakdown_that_is_not_available_has_no_drawing() -> None:
    book = make_book("2016", absent=frozenset({"cme_referrals"}))
    chart = blocks.make_chart(book, "cme_referrals", "source")
    assert chart.svg is None
    assert "[x] means not available" in chart.alternative_text


def test_a_trend_is_drawn_to_scale_over_editions() -> None:
    editions = [(b.edition.name, b.figure("episodes_reported")) for b in (make_book("2016"), make_book("2017"))]
    chart = blocks.make_trend(make_book("2017"), "episodes_reported", editions)
    assert "rose from 530 in the 2016 edition to 570 in the 2017 edition" in chart.alternative_text
    assert chart.svg is not None
    line = next(g for g in etree.fromstring(chart.svg).iter(f"{SVG}g") if g.get("id") == "line2d_1")
    (_, y1), (_, y2) = re.findall(r"[ML] ([-\d.]+) ([-\d.]+)", line.find(f"{SVG}path").get("d"))
    assert (170 - float(y1)) / (170 - float(y2)) == pytest.approx(float(Decimal(530) / Decimal(570)), abs=0.001)


def test_a_trend_says_why_two_editions_cannot_be_compared() -> None:
    before = make_book("2016", absent=frozenset({"return_interviews"}))
    editions = [(b.edition.name, b.figure("return_interviews_held")) for b in (before, make_book("2017"))]
    chart = blocks.make_trend(make_book("2017"), "return_interviews_held", editions)
    assert chart.alternative_text.startswith(
        "Return interviews held: not available in the 2016 edition, 280 in the 2017 edition."
    )
