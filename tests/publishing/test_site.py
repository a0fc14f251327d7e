import os
import re
from pathlib import Path

import pytest
from lxml import html

from pipelines import paths
from pipelines.faults import DataFault
from pipelines.publishing.index import index_page
from pipelines.publishing.pages import PolicyWords, render_pages
from pipelines.publishing.site import build_site
from tests.publishing.built import EPOCH, Listed, build_real_site
from tests.publishing.fabricated import make_book


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_real_site(tmp_path_factory.mktemp("site"))


def read_pages(site: Path) -> dict[str, html.HtmlElement]:
    return {
        p.relative_to(site).as_posix(): html.document_fromstring(p.read_bytes()) for p in sorted(site.rglob("*.html"))
    }


def test_building_again_elsewhere_gives_the_same_bytes(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    monkeypatch.setenv("LC_ALL", "C")
    again = build_real_site(tmp_path / "another folder")
    one, two = ({p.relative_to(d): p.read_bytes() for p in d.rglob("*") if p.is_file()} for d in (site, again))
    assert one == two
    assert "SOURCE_DATE_EPOCH" not in os.environ


def test_no_page_or_style_names_a_remote_address_to_load(site: Path) -> None:
    for name, page in read_pages(site).items():
        for element in page.iter("script", "img", "iframe", "source", "link"):
            address = element.get("src") or element.get("href") or ""
            assert not re.match(r"(?:https?:)?//", address), (name, address)
    for style in site.rglob("*.css"):
        assert not re.search(r"url\(['\"]?(?:https?:)?//|@import", style.read_text("utf-8")), style


def test_each_page_has_one_place_for_a_banner_and_says_that_its_figures_are_invented(site: Path) -> None:
    for path in site.rglob("*.html"):
        text = path.read_text("utf-8")
        assert text.count("<!-- storyboard:banner -->") == 1
        assert "These figures are invented." in text


def test_each_page_has_one_heading_of_the_first_level_and_a_title_of_its_own(site: Path) -> None:
    pages = read_pages(site)
    assert all(len(page.findall(".//h1")) == 1 for page in pages.values())
    titles = [page.findtext(".//title") for page in pages.values()]
    assert len(set(titles)) == len(titles)


def test_every_number_in_a_figure_element_is_the_published_one(site: Path) -> None:
    published = {str(f.key): f for book in (make_book("2017"), make_book("2016")) for f in book.figures}
    seen = 0
    for page in read_pages(site).values():
        for element in page.iter("data"):
            if element.get("class") == "figure":
                figure = published[element.get("data-figure")]
                assert element.text == figure.display
                assert element.get("value") == ("" if figure.value is None else f"{figure.value:f}")
                seen += 1
    assert seen > 300


def test_every_link_and_picture_leads_to_a_file_that_is_there(site: Path) -> None:
    for name, page in read_pages(site).items():
        here = (site / name).parent
        for element in page.iter("a", "img", "script", "link"):
            address = (element.get("href") or element.get("src") or "").split("#")[0]
            if address and not address.startswith(("http", "data:", "mailto:", "javascript:", "../2016", "../../2016")):
                assert (here / address).resolve().is_file(), (name, address)


def test_an_edition_that_is_not_invented_does_not_say_so(tmp_path: Path) -> None:
    render_pages(paths.DOCS, make_book("2016"), tmp_path / "docs", policy=PolicyWords(5, 5))
    build_site(tmp_path / "docs", paths.MKDOCS_CONFIG, tmp_path / "site", site_name="Story board", epoch=EPOCH)
    assert "figures are invented" not in (tmp_path / "site/index.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("page", "text", "named"),
    [
        ("extra.md", "# Not in the navigation", "extra.md"),
        ("index.md", "# Home\n\n[broken](nowhere.md)", "nowhere.md"),
        ("index.md", "# Home\n\n[broken](guidance.md#no-such-heading)", "no-such-heading"),
    ],
)
def test_a_page_without_its_line_in_the_navigation_or_with_a_broken_link_is_refused(
    tmp_path: Path, page: str, text: str, named: str
) -> None:
    render_pages(paths.DOCS, make_book("2016"), tmp_path / "docs", policy=PolicyWords(5, 5))
    (tmp_path / "docs" / page).write_text(text, "utf-8")
    with pytest.raises(DataFault, match=named):
        build_site(tmp_path / "docs", paths.MKDOCS_CONFIG, tmp_path / "site", site_name="Story board", epoch=EPOCH)


def test_the_index_lists_editions_newest_first_and_escapes_reasons() -> None:
    page = index_page(
        [
            Listed("2016", "2016", 1, "published", False),
            Listed("2017", "2017", 1, "draft", True),
            Listed("2016-v2", "2016", 2, "withdrawn", False, "<wrong> rows"),
        ]
    )
    document = html.document_fromstring(page)
    assert [a.get("href") for a in document.iter("a")] == ["2017/index.html", "2016-v2/index.html", "2016/index.html"]
    assert "&lt;wrong&gt; rows" in page
    assert page.count("These figures are invented.") == 1
    assert document.find(".//html") is None
    assert document.get("lang") == "en-GB"
