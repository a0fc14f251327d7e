import shutil
from pathlib import Path

import pytest
from lxml import html

from pipelines import paths
from pipelines.faults import DataFault
from pipelines.publishing.book import Book
from pipelines.publishing.citations import find_pages, read_citations
from pipelines.publishing.pages import EditionEntry, PolicyWords, RenderedPages, render_pages
from pipelines.register import read_metrics
from tests.publishing.fabricated import YORK, make_book

POLICY = PolicyWords(5, 5)


def write_docs(folder: Path, **pages: str) -> Path:
    for name, text in pages.items():
        path = folder / "docs" / f"{name.replace('__', '/')}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder / "docs"


def render(folder: Path, text: str, book: Book | None = None, **pages: str) -> str:
    docs = write_docs(folder, page=text, **pages)
    render_pages(docs, book or make_book("2016"), folder / "rendered", policy=POLICY)
    return (folder / "rendered" / "page.md").read_text("utf-8")


def refuse(folder: Path, text: str) -> str:
    with pytest.raises(DataFault) as caught:
        render(folder, text)
    assert not (folder / "rendered").exists()
    return str(caught.value)


def test_a_figure_stands_in_its_element_with_its_address(tmp_path: Path) -> None:
    assert render(tmp_path, '{{ figure("episodes_reported", sex="female") }} of girls') == (
        f'<data class="figure" value="340" data-figure="2016/{YORK}/episodes_reported/sex/female">340</data> of girls'
    )


def test_a_hidden_figure_has_no_value_and_is_explained_where_it_first_stands(tmp_path: Path) -> None:
    text = render(tmp_path, '{{ figure("cme_found_on_roll") }} and {{ figure("cme_found_on_roll") }}')
    element = f'<data class="figure" value="" data-figure="2016/{YORK}/cme_found_on_roll/total/all">[c]</data>'
    assert text == f'{element} <span class="symbol">(hidden so that no child can be recognised)</span> and {element}'


@pytest.mark.parametrize(
    ("call", "near"),
    [
        ('figure("episode_reported")', "episodes_reported"),
        ('figure("episodes_reported", sx="female")', "sex"),
        ('figure("episodes_reported", sex="femal")', "female"),
        ('chart("episodes_reported", by="agebands")', "age_band"),
        ('table("cme_referal", by="source")', "cme_referrals"),
        ('definition("cme_refferals")', "cme_referrals"),
        ('zero("children_not_locatd")', "children_not_located"),
        ('period("mising")', "missing"),
    ],
)
def test_a_page_citing_an_unknown_name_is_refused_with_its_line_and_the_nearest_name(
    tmp_path: Path, call: str, near: str
) -> None:
    message = refuse(tmp_path, f"# Heading\n\nWords,\nand {{{{ {call} }}}}.\n")
    assert message.startswith("docs/page.md, line 4: ")
    assert near in message
    assert "Traceback" not in message


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("one\n{{ no_such_word }}", 2),
        ("one\ntwo\n{% if zero('episodes_reported') %}\nnever closed", 3),
        ("{{ figure() }}", 1),
        ("one\n\n{% for d in developments %}{{ d.no_such_field }}{% endfor %}", 3),
        ("one\n{{ day('the first of May') }}", 2),
        ("one\n{{ figure.__globals__ }}", 2),
    ],
)
def test_a_broken_template_is_refused_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    (tmp_path / "docs" / "registers").mkdir(parents=True)
    (tmp_path / "docs" / "registers" / "developments.yml").write_text("- {id: a}\n", "utf-8")
    assert f"line {line}" in refuse(tmp_path, text)


def test_a_digit_typed_into_a_board_page_stops_the_build_naming_the_line(tmp_path: Path) -> None:
    message = refuse(tmp_path, "# Episodes\n\nIn the year to 31 March 2015\n530 episodes were reported.\n")
    assert message.startswith('docs/page.md, line 4: "530" is typed where a figure belongs.')


def test_a_word_that_blames_children_is_refused_with_what_to_write_instead(tmp_path: Path) -> None:
    message = refuse(tmp_path, "# A heading\n\nThe girl Absconded from care.\n")
    assert message.startswith('docs/page.md, line 3: "Absconded" may not be used')
    assert "Write instead: went missing." in message


def test_metrics_that_share_a_breakdown_stand_side_by_side(tmp_path: Path) -> None:
    text = render(
        tmp_path,
        '{{ table("return_interviews_due", "return_interviews_offered", by="looked_after_status") }}',
    )
    book = make_book("2016")
    table = html.fragment_fromstring(text, create_parent="div")
    assert [th.text for th in table.findall(".//thead//th")] == [
        "Looked after or not",
        "Return interviews due",
        "Return interviews offered",
    ]
    rows = [[d.text for d in row.iter("data")] for row in table.findall(".//tbody/tr")]
    due, offered = (
        book.series(m, "looked_after_status") for m in ("return_interviews_due", "return_interviews_offered")
    )
    assert rows[:2] == [[a.figure.display, b.figure.display] for a, b in zip(due, offered, strict=True)]
    assert rows[2] == [book.figure(m).display for m in ("return_interviews_due", "return_interviews_offered")]


def test_metrics_without_a_common_breakdown_are_not_put_side_by_side(tmp_path: Path) -> None:
    assert "looked_after_status" in refuse(
        tmp_path, '{{ table("return_interviews_due", "cme_referrals", by="looked_after_status") }}'
    )


def test_a_ladder_shows_each_step_and_what_came_of_the_first(tmp_path: Path) -> None:
    text = render(
        tmp_path, '{{ ladder("return_interviews_due", "return_interviews_offered", "return_interviews_held") }}'
    )
    figure = html.fragment_fromstring(text)
    assert (
        figure.find(".//p[@class='finding']").text_content()
        == "Return interviews held: 260 of 470 return interviews due"
    )
    assert [row.findtext("th") for row in figure.findall(".//tbody/tr")] == [
        "Return interviews due",
        "Return interviews offered",
        "Return interviews held",
    ]


def test_a_chart_shown_twice_on_a_page_is_drawn_once_and_has_two_anchors(tmp_path: Path) -> None:
    call = '{{ chart("episodes_reported", by="sex") }}'
    page = html.fragment_fromstring(render(tmp_path, f"{call}\n\n{call}"), create_parent="main")
    assert [f.get("id") for f in page.iter("figure")] == ["episodes_reported-by-sex", "episodes_reported-by-sex-2"]
    assert len(list((tmp_path / "rendered/charts").iterdir())) == 1


def test_all_faults_of_all_pages_are_told_at_once(tmp_path: Path) -> None:
    docs = write_docs(tmp_path, one="{{ figure('x') }}", two="40 children\n{{ y }}")
    with pytest.raises(DataFault) as caught:
        render_pages(docs, make_book("2016"), tmp_path / "rendered", policy=POLICY)
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == [
        "docs/one.md, line 1",
        "docs/two.md, line 1",
        "docs/two.md, line 2",
    ]


def test_a_sentence_gives_way_when_its_condition_does_not_hold(tmp_path: Path) -> None:
    page = (
        "{% if zero('children_not_located') %}none{% endif %} {{ change('episodes_reported') }} "
        "{{ available('cme_referrals') }} {{ published('cme_found_on_roll') }} "
        "{{ more('missing_episodes', 'children_reported') }} {{ share('episodes_reported', sex='female') }}"
    )
    book = make_book("2017", frozenset({"cme_referrals"}), earlier=(make_book("2016"),))
    assert render(tmp_path, page, book) == "none rose False False True about three fifths"


def test_there_is_no_change_without_an_earlier_edition(tmp_path: Path) -> None:
    assert render(tmp_path, "{{ previous }}{% if change('episodes_reported') %}rose{% endif %}") == "None"


def test_what_a_register_says_is_escaped(tmp_path: Path) -> None:
    docs = write_docs(tmp_path, page="{% for r in risks %}{{ r.text }}{% endfor %}")
    (docs / "registers").mkdir()
    (docs / "registers" / "risks.yml").write_text("- {text: '<script>x</script> & more'}\n", "utf-8")
    render_pages(docs, make_book("2016"), tmp_path / "rendered", policy=POLICY)
    assert (tmp_path / "rendered/page.md").read_text("utf-8") == "&lt;script&gt;x&lt;/script&gt; &amp; more"


def test_the_department_s_figures_stand_beside_ours_in_an_element_of_their_own(tmp_path: Path) -> None:
    docs = write_docs(tmp_path, page="{{ published_statistics_table() }}")
    (docs / "registers").mkdir()
    shutil.copyfile(paths.DOCS / "registers" / "regions.yml", docs / "registers" / "regions.yml")
    render_pages(docs, make_book("2016"), tmp_path / "rendered", policy=POLICY)
    table = html.fragment_fromstring((tmp_path / "rendered" / "page.md").read_text("utf-8"))
    heads = [th.text for th in table.findall(".//thead//th")]
    assert heads == ["What is counted", "York", "Yorkshire and The Humber", "England", "This story board", "Source"]
    first = table.find(".//tbody/tr")
    published = [data for data in first.iter("data") if data.get("class") == "published"]
    assert [(d.get("value"), d.text) for d in published] == [("24", "24"), ("510", "510"), ("6110", "6,110")]
    assert all(d.get("data-figure") is None for d in published)
    (ours,) = (data for data in first.iter("data") if data.get("class") == "figure")
    assert ours.get("data-figure") == f"2016/{YORK}/looked_after_children_missing/total/all"
    assert first.findall("td")[-1].text == "SFR34/2015"


def test_links_to_definitions_and_drawings_hold_from_any_depth(tmp_path: Path) -> None:
    docs = write_docs(
        tmp_path,
        missing__page='{{ definition("cme_open") }}\n\n{{ chart("episodes_reported", by="sex") }}',
        evidence__all="{{ metrics_index() }}",
    )
    made = render_pages(docs, make_book("2016"), tmp_path / "rendered", policy=POLICY)
    text = (tmp_path / "rendered/missing/page.md").read_text("utf-8")
    assert "[Open cases](../evidence/all.md#cme_open)" in text
    assert 'src="../charts/episodes_reported-by-sex.svg"' in text
    assert 'href="../evidence/metrics/episodes_reported.html"' in text
    assert (tmp_path / "rendered/charts/episodes_reported-by-sex.svg").read_bytes() == made.charts[
        "episodes_reported-by-sex.svg"
    ]


def test_what_each_page_shows_is_recorded(tmp_path: Path) -> None:
    docs = write_docs(tmp_path, a='{{ figure("cme_open") }}', b='{{ table("cme_open", by="phase") }}', c="words")
    made = render_pages(docs, make_book("2016"), tmp_path / "rendered", policy=POLICY)
    assert [str(k) for k in made.citations["a.md"]] == [f"2016/{YORK}/cme_open/total/all"]
    assert {k.category for k in made.citations["b.md"]} == {"primary", "secondary", "all"}
    assert made.citations["c.md"] == ()


def test_the_metrics_of_a_page_are_read_from_its_calls_without_rendering(tmp_path: Path) -> None:
    docs = write_docs(
        tmp_path,
        a='{% if zero("cme_open") %}{{ more("missing_episodes", "return_interviews_due") }}{% endif %}',
        b="{% for a in aims %}{{ figure(a.metric) }}{% endfor %}",
        reports__paper="{{ figure('no_page') }}",
    )
    (docs / "registers").mkdir()
    (docs / "registers" / "aims.yml").write_text("- {metric: cme_closed, text: words}\n", "utf-8")
    assert read_citations(docs, frozenset(read_metrics())) == {
        "a.md": {"cme_open", "missing_episodes", "return_interviews_due"},
        "b.md": {"cme_closed"},
    }


@pytest.fixture(scope="module", params=["first", "second", "bare"])
def real_pages(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RenderedPages]:
    """The project's own pages: of a first edition, of one with an earlier one, of one with hardly any extract."""
    first = make_book("2016")
    book = {
        "first": first,
        "second": make_book("2017", earlier=(first,)),
        "bare": make_book("2016", frozenset({"cme_referrals", "return_interviews", "population", "education_risk"})),
    }[request.param]
    folder = tmp_path_factory.mktemp("rendered") / "docs"
    entries = (EditionEntry("2016", 1, "published", "../2016/index.html"),)
    return folder, render_pages(paths.DOCS, book, folder, policy=POLICY, editions=entries)


def test_the_pages_of_the_project_are_filled_in_for_any_edition(real_pages: tuple[Path, RenderedPages]) -> None:
    folder, made = real_pages
    assert set(made.pages) == {path.relative_to(paths.DOCS).as_posix() for path in find_pages(paths.DOCS)}
    for page in made.pages:
        text = (folder / page).read_text("utf-8")
        assert "{{" not in text
        assert "{%" not in text


def test_what_a_page_shows_is_among_what_its_calls_say(real_pages: tuple[Path, RenderedPages]) -> None:
    _, made = real_pages
    said = read_citations(paths.DOCS, frozenset(read_metrics()))
    for page, shown in made.citations.items():
        if page in made.generated:
            continue
        assert {key.metric_id for key in shown} <= said[page], page


def test_rendering_again_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        render_pages(paths.DOCS, make_book("2017", earlier=(make_book("2016"),)), tmp_path / name, policy=POLICY)
    one, two = (
        {p.relative_to(d): p.read_bytes() for p in sorted(d.rglob("*")) if p.is_file()}
        for d in (tmp_path / "one", tmp_path / "two")
    )
    assert one == two
    shutil.rmtree(tmp_path / "one")
