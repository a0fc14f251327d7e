"""The pages of the sample's 2016 edition as text: a change of words or figures is shown as a difference, never overlooked.

`make golden` writes them anew; read the difference before it is committed.
"""

import difflib
from pathlib import Path

import pytest
from lxml import html

from tests.build.conftest import SampleBuild

GOLDEN = Path(__file__).parent / "golden"
LISTS = ("evidence/metrics/", "evidence/find", "evidence/definitions")
"""Made from the metrics and the other pages alone: a difference there shows on a golden page or in an entry too."""
BLOCKS = ("h1", "h2", "h3", "h4", "p", "li", "tr", "caption", "figcaption", "summary", "dt", "dd")


def read_as_text(page: Path) -> str:
    """Each heading, paragraph, item and row of a page's article on a line of its own."""
    article = html.parse(str(page)).getroot().find(".//article")
    lines = []
    for block in article.iter(*BLOCKS):
        if any(ancestor.tag in ("p", "li", "tr", "dd") for ancestor in block.iterancestors()):
            continue
        cells = list(block.iter("th", "td")) if block.tag == "tr" else [block]
        words = " | ".join(" ".join(cell.text_content().split()) for cell in cells)
        pictures = "".join(f" [{image.get('alt')}]" for image in block.iter("img"))
        lines.append(f"{block.tag}: {words}{pictures}")
    lines += [f"img: {image.get('alt')}" for image in article.iter("img")]
    return "\n".join(lines) + "\n"


def test_golden_pages_of_2016_are_as_they_were(built: SampleBuild, request: pytest.FixtureRequest):
    pages = built.edition("2016") / "public" / "pages"
    found = {
        page.relative_to(pages).with_suffix(".txt").as_posix().replace("/", "--"): read_as_text(page)
        for page in sorted(pages.rglob("*.html"))
        if not page.relative_to(pages).as_posix().startswith(LISTS)
    }
    if request.config.getoption("--renew-golden"):
        GOLDEN.mkdir(exist_ok=True)
        for file in GOLDEN.glob("*.txt"):
            file.unlink()
        for name, text in found.items():
            (GOLDEN / name).write_text(text, "utf-8")
        pytest.skip("the golden pages have been written anew")
    golden = {file.name: file.read_text("utf-8") for file in GOLDEN.glob("*.txt")}
    differences = "\n".join(
        line
        for name in sorted(golden.keys() | found.keys())
        for line in difflib.unified_diff(
            golden.get(name, "").splitlines(),
            found.get(name, "").splitlines(),
            f"golden/{name}",
            f"built/{name}",
            "",
            "",
            1,
            "",
        )
    )
    assert not differences, differences
