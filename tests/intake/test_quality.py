"""The quality report: what is recorded, what is questioned and explained, and how far that could move the headlines."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pipelines.faults import DataFault
from pipelines.figures import Figure, FigureKey
from pipelines.intake.explanations import read_explanations
from pipelines.intake.gate import examine
from pipelines.intake.quality import Quality, Range, describe_quality, write_quality
from pipelines.register import read_metrics
from tests.intake.extract_files import EDITION, sound_rows, write_extract, write_sound_folder

METRICS = read_metrics()


def make_figure(metric: str, value: str, numerator: str | None = None, denominator: str | None = None) -> Figure:
    period = EDITION.periods[METRICS[metric].collection]
    return Figure(
        FigureKey("2016", "E06000014", metric),
        Decimal(numerator or value),
        None if denominator is None else Decimal(denominator),
        Decimal(value),
        METRICS[metric].unit,
        "published",
        period.start,
        period.end,
        period.as_at,
    )


def make_episodes(*changes: Mapping[str, str]) -> list[dict[str, str]]:
    """An episode of one child in each month of the year, and then those given."""
    first = sound_rows("missing_episodes")[0]
    months = [f"{2014 + (month > 12)}-{(month - 1) % 12 + 1:02}" for month in range(4, 16)]
    rows = [
        first | {"episode_id": f"e{place}", "started_at": f"{month}-05T10:00", "ended_at": f"{month}-05T12:00"}
        for place, month in enumerate(months)
    ]
    return rows + [first | {"episode_id": f"x{place}"} | dict(change) for place, change in enumerate(changes)]


def describe(folder: Path, figures: Sequence[Figure]) -> Quality:
    examination = examine(folder, EDITION)
    assert examination.ok, examination.findings
    return describe_quality(
        examination.as_json(),
        examination.tables,
        EDITION,
        figures,
        METRICS,
        read_explanations(folder),
        invented=examination.invented,
    )


def find_range(quality: Quality, metric: str) -> Range:
    return next(each for each in quality.ranges if each.metric_id == metric)


FIGURES = [
    make_figure("episodes_reported", "14"),
    make_figure("missing_episodes", "14"),
    make_figure("children_reported", "2"),
]
OVERLAP = {"started_at": "2014-05-05T11:00", "ended_at": "2014-05-05T13:00"}


def test_without_queries_each_headline_is_what_it_is(tmp_path: Path) -> None:
    write_extract(tmp_path, "missing_episodes", make_episodes())
    quality = describe(tmp_path, FIGURES)
    assert quality.questions == ()
    assert [(each.lowest, each.value, each.highest) for each in quality.ranges] == [
        (figure.value, figure.value, figure.value) for figure in FIGURES[:1] + FIGURES[2:] + FIGURES[1:2]
    ]


def test_two_records_that_may_be_one_can_only_lower_a_count(tmp_path: Path) -> None:
    write_extract(tmp_path, "missing_episodes", make_episodes(OVERLAP, OVERLAP))
    quality = describe(tmp_path, FIGURES)
    (question,) = quality.questions
    assert (question.rule, question.rows) == ("overlapping_episodes", (14, 15))
    assert "another line" in question.message
    found = find_range(quality, "episodes_reported")
    assert (found.lowest, found.value, found.highest, found.questioned) == (12, 14, 14, 2)
    # no more children can fall out than there are
    assert find_range(quality, "children_reported").lowest == 0


def test_a_row_outside_the_period_moves_no_figure_of_the_period(tmp_path: Path) -> None:
    before = {"started_at": "2013-05-05T10:00", "ended_at": "2013-05-05T12:00", "age": "13"}
    after = before | {"started_at": "2013-05-05T11:00"}
    write_extract(tmp_path, "missing_episodes", make_episodes(before, after))
    quality = describe(tmp_path, FIGURES)
    assert "overlapping_episodes" in {question.rule for question in quality.questions}
    assert find_range(quality, "episodes_reported").lowest == 14


def test_a_row_of_doubtful_type_may_move_a_part_either_way_and_the_whole_only_down(tmp_path: Path) -> None:
    away = {"episode_type": "away", "looked_after": "false", "placement_type": "", "placement_location": ""}
    write_extract(tmp_path, "missing_episodes", make_episodes(away))
    quality = describe(tmp_path, FIGURES)
    assert [question.rule for question in quality.questions] == ["away_not_looked_after"]
    part, whole = find_range(quality, "missing_episodes"), find_range(quality, "episodes_reported")
    assert (part.lowest, part.highest) == (13, 15)
    assert (whole.lowest, whole.highest) == (13, 14)


def test_a_month_without_rows_leaves_the_highest_value_open(tmp_path: Path) -> None:
    write_extract(tmp_path, "missing_episodes", make_episodes()[1:])
    quality = describe(tmp_path, FIGURES)
    found = find_range(quality, "episodes_reported")
    assert found.highest is None
    assert "may be higher" in found.remark
    (tmp_path / "explanations.yml").write_text(
        "- {rule: month_without_rows, explanation: A quiet month. The police have no report either., by: Data officer}"
    )
    assert find_range(describe(tmp_path, FIGURES), "episodes_reported").highest == 14


def test_a_rate_lies_between_all_that_is_not_timed_late_and_all_in_time(tmp_path: Path) -> None:
    write_sound_folder(tmp_path)
    figures = [
        make_figure("return_interviews_held", "3"),
        make_figure("return_interview_offer_rate", "50.0", "4", "8"),
        make_figure("return_interviews_timeliness_not_known", "3"),
    ]
    found = find_range(describe(tmp_path, figures), "return_interview_offer_rate")
    # one row is questioned, held before the return; three of the eight are not timed
    assert found.questioned == 1
    assert (found.lowest, found.highest) == (Decimal("37.5"), Decimal("100.0"))


def test_an_explained_query_is_carried_with_its_explanation_and_moves_nothing(tmp_path: Path) -> None:
    write_extract(tmp_path, "missing_episodes", make_episodes(OVERLAP, OVERLAP))
    (tmp_path / "explanations.yml").write_text(
        "- rule: overlapping_episodes\n  extract: missing_episodes\n  rows: [14, 99]\n"
        "  explanation: Two reports of <one> evening, checked on 3 March 2015.\n  by: Data officer\n  on: 2015-03-09\n"
        "- {rule: sex_contradicts, explanation: None left., by: Data officer}\n",
        encoding="utf-8",
    )
    quality = describe(tmp_path, FIGURES)
    assert [(question.rows, question.by) for question in quality.questions] == [((15,), None), ((14,), "Data officer")]
    assert find_range(quality, "episodes_reported").lowest == 13
    assert quality.unused_explanations == 1
    page, data = write_quality(quality, tmp_path)
    text = page.read_text(encoding="utf-8")
    assert "Two reports of &lt;one&gt; evening, checked on 3 March 2015. (Data officer, 2015-03-09)" in text
    assert json.loads(data.read_text(encoding="utf-8"))["queries"][1]["on"] == "2015-03-09"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- {rule: no_such_rule, explanation: x, by: y}", "line 1: there is no such rule"),
        ("- rule: overlapping_episodes\n  explanation: x\n", "line 1: by is not as it should be"),
        ("- rule: overlapping_episodes\n  explanation: x\n  by: y\n  row: many\n", "line 4: row is not"),
        (
            "- rule: overlapping_episodes\n  explanation: Miss Plugh, a@b.org, was at home\n  by: y\n",
            "line 2: the explanation seems to name",
        ),
    ],
)
def test_an_explanation_that_is_none_is_refused_with_its_line_and_without_its_words(
    tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "explanations.yml").write_text(text)
    with pytest.raises(DataFault) as refused:
        read_explanations(tmp_path)
    assert said in str(refused.value)
    assert "Plugh" not in str(refused.value)


def test_explanations_beside_the_extracts_are_no_unknown_file(tmp_path: Path) -> None:
    write_extract(tmp_path, "missing_episodes", make_episodes())
    (tmp_path / "explanations.yml").write_text("[]")
    assert examine(tmp_path, EDITION).findings == ()


def test_questions_that_could_move_a_headline_most_come_first(tmp_path: Path) -> None:
    away = {"episode_type": "away", "looked_after": "false", "placement_type": "", "placement_location": ""}
    write_extract(tmp_path, "missing_episodes", make_episodes(OVERLAP, OVERLAP, OVERLAP, away | {"sex": "male"}))
    quality = describe(tmp_path, [make_figure("episodes_reported", "16")])
    shares = [question.most or 0 for question in quality.questions]
    assert shares == sorted(shares, reverse=True)
    assert quality.questions[0].rule in ("overlapping_episodes", "sex_contradicts")


def test_how_often_each_optional_field_is_filled_is_said_with_what_a_blank_means(tmp_path: Path) -> None:
    write_extract(tmp_path, "missing_episodes", make_episodes({"ended_at": "", "end_reason": "", "age": ""}))
    quality = describe(tmp_path, FIGURES)
    fields = {each.field: each for each in quality.completeness}
    assert (fields["age"].filled, fields["age"].rows) == (12, 13)
    assert fields["ended_at"].blank_means == "the episode is still open"
    assert "sex" not in fields
    assert "authority" not in fields


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += attrs
        if tag not in ("meta",):
            self.open.append(tag)
        if tag.startswith("h") and tag[1:].isdigit():
            self.headings.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_reads_in_order_and_fetches_nothing(tmp_path: Path) -> None:
    write_extract(tmp_path, "missing_episodes", make_episodes(OVERLAP))
    (tmp_path / "SAMPLE.txt").touch()
    page, data = write_quality(describe(tmp_path, FIGURES), tmp_path)
    text = page.read_text(encoding="utf-8")
    tags = _Tags()
    tags.feed(text)
    assert tags.open == []
    assert tags.headings == ["h1", "h2", "h2", "h2", "h2"]
    assert not any(name in ("src", "href") for name, _ in tags.attributes)
    assert ("lang", "en-GB") in tags.attributes
    assert text.count("<caption>") == text.count("<table>") == 4
    assert "These extracts are invented" in text
    assert json.loads(data.read_text(encoding="utf-8"))["ok"] is True


def test_the_same_records_give_the_same_bytes(tmp_path: Path) -> None:
    write_extract(tmp_path, "missing_episodes", make_episodes(OVERLAP, OVERLAP))
    first, second = describe(tmp_path, FIGURES), describe(tmp_path, FIGURES[::-1])
    for name, quality in (("one", first), ("two", second)):
        (tmp_path / name).mkdir()
        write_quality(quality, tmp_path / name)
    assert (tmp_path / "one" / "quality.html").read_bytes() == (tmp_path / "two" / "quality.html").read_bytes()
    assert (tmp_path / "one" / "quality.json").read_bytes() == (tmp_path / "two" / "quality.json").read_bytes()
