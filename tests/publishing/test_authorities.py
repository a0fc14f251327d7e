"""Which councils get pages, and the index that lists them: every figure bound, nobody ranked, no one without pages linked."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from pipelines import paths
from pipelines.figures import ALL
from pipelines.publishing.authorities import choose_folders, read_plan, write_index_of_authorities
from pipelines.publishing.book import PublishedStatistic, UnknownCitation
from pipelines.publishing.citations import choose_registers, read_registers, tell_council
from pipelines.publishing.councils import write_comparison
from pipelines.register import read_metrics
from tests.publishing.fabricated import YORK, make_book

LEEDS, HARTLEPOOL, NOWHERE = "E08000035", "E06000001", "E06999999"
METRICS = read_metrics()
REGISTERS = read_registers(paths.DOCS)


def test_one_council_has_no_folder_and_several_have_one_each_after_that_of_all():
    assert choose_folders([YORK], "all") == {"": YORK}
    assert choose_folders([YORK, ALL], "all") == {"": YORK}
    assert list(choose_folders([YORK, LEEDS, ALL], "all")) == [ALL, YORK, LEEDS]
    assert list(choose_folders([YORK, LEEDS, ALL], frozenset({LEEDS}))) == [ALL, LEEDS]


@pytest.mark.parametrize("register", ["definitions", "developments"])
def test_what_happened_in_one_council_is_told_by_no_other(register):
    told = {who: str(choose_registers(REGISTERS, "2016", None, who)[register]) for who in (YORK, HARTLEPOOL, ALL)}
    assert re.search(r"\bYork\b", told[YORK])
    assert not re.search(r"\bYork\b", told[HARTLEPOOL] + told[ALL])


def test_an_entry_may_be_of_one_council_and_a_text_another_for_each():
    said = [{"only": LEEDS, "text": "Here."}, {"text": {LEEDS: "Ours.", "others": "Theirs."}}, "All's."]
    assert tell_council(said, LEEDS) == [{"text": "Here."}, {"text": "Ours."}, "All's."]
    assert tell_council(said, YORK) == [{"text": "Theirs."}, "All's."]


def test_every_council_with_a_region_has_a_name():
    plan = read_plan(REGISTERS, METRICS)
    regions = {code for _, members in plan.regions for code in members}
    assert regions <= set(plan.places)
    assert {code for code in plan.places if re.fullmatch(r"E\d{8}", code)} <= regions, "no council is of another area"


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ({"pages_for": "York"}, "pages_for is all, or a list"),
        ({"pages_for": [NOWHERE], "names": {YORK: "York"}}, NOWHERE),
        ({"compared": ["episodes_reportd"]}, "episodes_reportd, which is no metric"),
        ({"held_against": {"episodes_reportd": None}}, "episodes_reportd, which is no metric"),
        ({"held_against": {"episodes_reported": None}}, "episodes_reported, a count"),
        ({"held_against": {"episodes_per_child": "incidents"}}, "incidents, which the department does not print"),
    ],
)
def test_a_plan_that_names_what_does_not_exist_is_refused(stated, told):
    with pytest.raises(UnknownCitation, match=told):
        read_plan({"authorities": stated}, METRICS)


def test_the_index_shows_each_council_by_region_and_links_those_with_pages():
    book = make_book("2016")
    figures = [
        replace(figure, key=replace(figure.key, authority=authority))
        for authority in (ALL, YORK, LEEDS, HARTLEPOOL, NOWHERE)
        for figure in book.figures
    ]
    plan = read_plan(REGISTERS, METRICS)
    page, shown = write_index_of_authorities(
        book.edition, figures, METRICS, plan, {ALL, YORK}, protection="the rule", invented=True
    )
    heads = re.findall(r'<th scope="row(?:group)?"[^>]*>(?:<a href="([^"]*)">)?([^<]*)', page)
    assert [name for _, name in heads] == [
        *("All of them together", "North East", "Hartlepool", "Yorkshire and The Humber", "Leeds", "York"),
        *("Other areas", NOWHERE),
    ]
    assert {address for address, _ in heads if address} == {"all/index.html", f"{YORK}/index.html"}
    marked = re.findall(r'<data class="figure" value="[^"]*" data-figure="([^"]+)">', page)
    assert marked == [str(key) for key in sorted(shown, key=lambda key: marked.index(str(key)))]
    assert len(marked) == len(set(marked)) == 5 * len(plan.compared)
    assert "These figures are invented" in page
    assert "<!-- storyboard:banner -->" in page
    assert "<script" not in page


def compare(values, **given):
    """The page that compares councils with these rates; None is hidden."""
    book = make_book("2016")
    figures = []
    for authority, value in values.items():
        for figure in book.figures:
            key = replace(figure.key, authority=authority)
            if key.metric_id == "children_reported_per_10000":
                figure = replace(
                    figure,
                    value=None if value is None else Decimal(value),
                    display="[c]" if value is None else value,
                    status="suppressed" if value is None else "published",
                )
            elif key.metric_id == "children_reported" and authority in given.get("few", ()):
                figure = replace(figure, value=Decimal(15), display="15", status="published")
            figures.append(replace(figure, key=key))
    plan = replace(
        read_plan(REGISTERS, METRICS), held_against=(("children_reported_per_10000", "children_missing_percentage"),)
    )
    page, shown = write_comparison(
        book.edition,
        figures,
        METRICS,
        plan,
        {ALL, YORK},
        given.get("statistics", ()),
        protection="the rule",
        invented=False,
    )
    (finding,) = re.findall(r"<h2[^>]*>(.*?)</h2>", page)
    names = re.findall(r'<th scope="row">(?:<a [^>]*>)?([^<]*)', page)
    return page, re.sub("<.*?>", "", finding), names, shown


def test_councils_stand_in_the_order_of_their_numbers_and_hidden_ones_last():
    page, finding, names, shown = compare({ALL: "40.0", YORK: None, LEEDS: "20.0", HARTLEPOOL: "44.5", NOWHERE: "20.0"})
    assert names == ["All of them together", "Hartlepool", NOWHERE, "Leeds", "York"]
    assert finding == (
        f"Children reported per 10,000: from 20.0 in {NOWHERE} and Leeds to 44.5 in Hartlepool, "
        "among those whose number can be shown"
    )
    assert page.count("<i ") == 4
    marked = re.findall(r'data-figure="([^"]+)"', page)
    assert set(marked) == {str(key) for key in shown}
    assert "[c] hidden so that no child can be recognised" in page
    assert "<script" not in page


def test_rates_of_few_cases_are_said_to_be_uncertain():
    page, *_ = compare({ALL: "40.0", YORK: "38.0", LEEDS: "20.0"}, few={LEEDS})
    (row,) = re.findall(rf'<tr class="of-{LEEDS}">.*?</tr>', page, re.DOTALL)
    assert "[u]" in row
    assert 'class="uncertain"' in row
    assert page.count('<i class="uncertain"') == 1
    assert "fewer than twenty cases" in page
    assert "fewer than twenty cases" not in compare({ALL: "40.0", YORK: "38.0", LEEDS: "20.0"})[0]


def test_what_the_department_prints_stands_beside_with_its_year_and_is_no_figure():
    def say(year, value):
        return PublishedStatistic(
            YORK, "York", date(year, 3, 31), "children_missing_percentage", Decimal(value), "", "SFR34/2015"
        )

    page, *_ = compare({ALL: "40.0", YORK: "38.0"}, statistics=[say(2014, 9), say(2015, 10), say(2019, 11)])
    assert '<data class="published" value="10">10</data>' in page
    assert "The department: Share of looked-after children who went missing, per cent, 2015" in page
    assert not re.search(r">(9|11)</data>", page)


@pytest.mark.parametrize(
    ("values", "finding"),
    [
        ({YORK: None, LEEDS: None}, "no council’s number can be shown"),
        ({YORK: "3.0", LEEDS: None}, "3.0 in York; no other council’s number can be shown"),
        ({YORK: "3.0", LEEDS: "3.0"}, "3.0 wherever a number can be shown"),
    ],
)
def test_the_finding_says_what_there_is(values, finding):
    assert compare({ALL: "40.0", **values})[1] == f"Children reported per 10,000: {finding}"
