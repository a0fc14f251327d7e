"""Which councils get pages, and the index that lists them: every figure bound, nobody ranked, no one without pages linked."""

import re
from dataclasses import replace

import pytest

from pipelines import paths
from pipelines.figures import ALL
from pipelines.publishing.authorities import choose_folders, read_plan, write_index_of_authorities
from pipelines.publishing.book import UnknownCitation
from pipelines.publishing.citations import read_registers
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


def test_every_council_with_a_region_has_a_name():
    plan = read_plan(REGISTERS, METRICS)
    assert {code for _, members in plan.regions for code in members} <= set(plan.places)


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ({"pages_for": "York"}, "pages_for is all, or a list"),
        ({"pages_for": [NOWHERE], "names": {YORK: "York"}}, NOWHERE),
        ({"compared": ["episodes_reportd"]}, "episodes_reportd, which is no metric"),
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
