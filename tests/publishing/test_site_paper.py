"""All pages of the site as one PDF: every page, in the order of the navigation, with the figures of the pages and no other."""

import re
from pathlib import Path

import pikepdf
import pytest
from lxml import html

from pipelines import paths
from pipelines.publishing.documents import Heading, Picture, Table, as_text
from pipelines.publishing.reports import write_public_pack
from pipelines.publishing.site_paper import list_pages, read_site
from tests.publishing.built import build_real_site
from tests.publishing.fabricated import make_book


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_real_site(tmp_path_factory.mktemp("site"))


def test_every_page_of_the_navigation_is_in_the_paper_with_its_figures_charts_and_tables(
    site: Path, tmp_path: Path
) -> None:
    book = make_book("2017", earlier=(make_book("2016"),))
    pages = list_pages(paths.MKDOCS_CONFIG)
    files = {p.relative_to(site).as_posix().removesuffix(".html") for p in site.rglob("*.html")}
    alone = {"evidence/find"} | {name for name in files if name.startswith("evidence/metrics/")}
    assert set(pages) == files - alone
    paper = read_site(site, pages, book)
    articles = [html.document_fromstring((site / f"{page}.html").read_bytes()).find(".//article") for page in pages]
    titles = [" ".join(article.find(".//h1").text_content().split()) for article in articles]
    assert [block.text for block in paper.blocks if isinstance(block, Heading) and block.level == 1] == titles
    shown = {d.get("data-figure"): d.text for a in articles for d in a.xpath(".//data[@data-figure]")}
    assert {str(key): text for key, text in paper.cited.items()} == shown
    cells = [as_text(c) for block in paper.blocks if isinstance(block, Table) for row in block.rows for c in row[1:]]
    tables = [
        " ".join(cell.text_content().split()) for a in articles for cell in a.xpath(".//table/tbody/tr/*[position()>1]")
    ]
    assert cells == tables
    alternatives = [block.alternative for block in paper.blocks if isinstance(block, Picture)]
    assert alternatives == [image.get("alt") for article in articles for image in article.iter("img")]
    write_public_pack(book, site, tmp_path / "again.pdf")
    assert (tmp_path / "again.pdf").read_bytes() == (site / "board-pack.pdf").read_bytes()


def test_the_pdf_is_tagged_and_leads_from_its_contents_to_each_page(site: Path) -> None:
    with pikepdf.open(site / "board-pack.pdf") as pdf:
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang).startswith("en")
        assert re.search("every page", str(pdf.docinfo["/Title"]))
        assert len(pdf.pages) > len(list_pages(paths.MKDOCS_CONFIG))
