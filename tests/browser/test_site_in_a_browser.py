import gzip
import io
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlparse

import axe_playwright_python
import pypdf
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from pipelines.publishing.index import index_page
from tests.publishing.built import Listed, build_pages_above, build_real_site

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
AXE = next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js"))
RULES = {
    "preload": False,
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
SIZES = {"a phone": (320, 1), "a desk": (1280, 1), "a desk at 200 % zoom": (640, 2)}
"""Width in CSS pixels, and how many pixels of the screen each takes."""
MEASURES = ("episodes_per_child", "most_missing_episodes_of_one_looked_after_child", "cme_referrals")
"""Pages of measures are made alike: all are opened on a phone, where least has room, these at the other sizes too."""
HEAVIEST, MOST_REQUESTS = 100_000, 15


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    site = build_real_site(folder)
    entries = [
        Listed("2017", "2017", 1, "draft", True),
        Listed("2016-v2", "2016", 2, "published", True, "Late records."),
    ]
    (site / "editions-index.html").write_text(index_page(entries), "utf-8")
    return site


@pytest.fixture(scope="module")
def above(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The pages that stand above those of several councils."""
    return build_pages_above(tmp_path_factory.mktemp("councils"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed on this machine (apt-get install chromium)")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    yield context
    context.close()


def find_pages(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


def find_written_pages(site: Path) -> list[Path]:
    """The pages of the navigation: all but those of measures, which are made alike."""
    return [path for path in find_pages(site) if path.parent.name != "metrics"]


def watch(page: Page) -> list[str]:
    """Everything that a page may not do: errors on the console, requests that leave the file system."""
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("requestfailed", lambda request: told.append(f"failed: {request.url}"))
    page.on(
        "request",
        lambda request: (
            None if request.url.startswith(("file:", "data:", "about:", "blob:")) else told.append(request.url)
        ),
    )
    return told


@pytest.mark.parametrize("size", SIZES)
def test_every_page_opens_from_the_file_system_fits_and_passes_axe(browser: Browser, site: Path, size: str) -> None:
    width, scale = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": 900}, device_scale_factor=scale)
    page = context.new_page()
    told = watch(page)
    axe = AXE.read_text("utf-8")
    wrong: dict[str, object] = {}
    for path in find_pages(site):
        if path.parent.name == "metrics" and size != "a phone" and path.stem not in MEASURES:
            continue
        name = path.relative_to(site).as_posix()
        page.goto(path.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(element => { element.open = true })")
        page.evaluate(axe)
        if found := page.evaluate("rules => axe.run(rules)", RULES)["violations"]:
            wrong[name] = [(v["id"], [n["target"] for n in v["nodes"]][:3]) for v in found]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wrong[f"{name} is too wide"] = width
    context.close()
    assert wrong == {}
    assert told == []


@pytest.mark.parametrize("size", [*SIZES, "a larger phone"])
def test_the_pages_of_several_councils_open_fit_and_pass_axe(browser: Browser, above: list[Path], size: str) -> None:
    width, scale = {**SIZES, "a larger phone": (360, 2)}[size]
    context = browser.new_context(viewport={"width": width, "height": 900}, device_scale_factor=scale)
    page = context.new_page()
    told = watch(page)
    axe = AXE.read_text("utf-8")
    wrong: dict[str, object] = {}
    for path in above:
        page.goto(path.as_uri())
        page.evaluate(axe)
        if found := page.evaluate("rules => axe.run(rules)", RULES)["violations"]:
            wrong[path.name] = [(v["id"], [n["target"] for n in v["nodes"]][:3]) for v in found]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wrong[f"{path.name} is too wide"] = width
        page.emulate_media(media="print")
        cut = "all => all.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.outerHTML.slice(0, 80))"
        if size == "a desk" and (lost := page.locator(".scroll, table").evaluate_all(cut)):
            wrong[f"{path.name} is cut when it is printed"] = lost
        page.emulate_media(media="screen")
    context.close()
    assert wrong == {}
    assert told == []


def test_no_page_is_heavy_or_asks_for_many_files(context: BrowserContext, site: Path) -> None:
    page = context.new_page()
    asked: list[Path] = []
    page.on("request", lambda request: asked.append(Path(unquote(urlparse(request.url).path))))
    wrong = {}
    for path in find_pages(site):
        if path.parent.name == "metrics" and path.stem not in MEASURES:
            continue
        asked.clear()
        page.goto(path.as_uri())
        files = [file for file in asked if file.is_file() and file.name != "search_index.js"]
        weight = sum(len(gzip.compress(file.read_bytes(), 9)) for file in files)
        if weight > HEAVIEST or len(files) > MOST_REQUESTS:
            wrong[path.relative_to(site).as_posix()] = (weight, len(files))
    assert wrong == {}


def test_every_page_has_the_same_colours_and_contrast_for_readers_who_prefer_dark(browser: Browser, site: Path) -> None:
    """There is one colour scheme; axe has looked at it above, and looks again at the contrast under the other preference."""
    axe, looks, wrong = AXE.read_text("utf-8"), set(), {}
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for scheme in schemes:
        context = browser.new_context(color_scheme=scheme)
        page = context.new_page()
        for path in find_written_pages(site) if scheme == "dark" else [site / "index.html"]:
            page.goto(path.as_uri())
            if path == site / "index.html":
                looks.add(page.evaluate("(s => s.color + s.backgroundColor)(getComputedStyle(document.body))"))
            page.evaluate(axe)
            rules = {**RULES, "runOnly": {"type": "rule", "values": ["color-contrast"]}}
            if found := page.evaluate("rules => axe.run(rules)", rules)["violations"]:
                wrong[path.name] = [n["target"] for v in found for n in v["nodes"]][:3]
        context.close()
    assert wrong == {}
    assert len(looks) == 1


def test_search_works_from_the_file_system(context: BrowserContext, site: Path) -> None:
    page = context.new_page()
    told = watch(page)
    page.goto((site / "index.html").as_uri())
    page.locator(".md-search__input").click()
    page.locator(".md-search__input").press_sequentially("return interview")
    page.locator(".md-search-result__item").first.wait_for(timeout=10_000)
    assert "eturn" in page.locator(".md-search-result__item").first.inner_text()
    assert told == []


UNSEEN = """() => [...document.querySelectorAll("article *")].filter(
  e => !e.checkVisibility() && !e.closest("details") && e.textContent.trim()).map(e => e.outerHTML.slice(0, 80))"""


def test_all_content_of_every_page_is_there_without_scripts(browser: Browser, site: Path) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    for path in find_written_pages(site):
        page.goto(path.as_uri())
        assert page.evaluate(UNSEEN) == [], path.name
    page.goto((site / "missing" / "index.html").as_uri())
    assert page.locator("figure.chart img").first.is_visible()
    assert page.locator("figure.chart table").first.is_visible()
    page.locator("figure.chart summary").first.click()
    assert page.locator("figure.chart details dl").first.is_visible()
    context.close()


def test_a_number_is_found_by_the_search_and_without_scripts(
    browser: Browser, context: BrowserContext, site: Path
) -> None:
    page = context.new_page()
    page.goto((site / "index.html").as_uri())
    page.locator(".md-search__input").click()
    page.locator(".md-search__input").press_sequentially("340 find a number")
    page.locator(".md-search-result__item a[href*='evidence/find.html']").first.wait_for(timeout=10_000)
    plain = browser.new_context(java_script_enabled=False)
    page = plain.new_page()
    page.goto((site / "evidence" / "find.html").as_uri())
    row = page.locator("article tr", has=page.locator("data", has_text="340")).first
    row.get_by_role("link").first.click()
    assert page.locator("h1").inner_text() != ""
    assert "/evidence/metrics/" in page.url
    plain.close()


WALK = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const box = e.getBoundingClientRect(), style = getComputedStyle(e);
  const number = window.walked = window.walked || new Map();
  if (!number.has(e)) number.set(e, number.size);
  return {
    number: number.get(e), inside: !!e.closest("article"), name: e.outerHTML.slice(0, 100),
    seen: box.width > 0 && box.height > 0 && style.visibility !== "hidden",
    marked: style.outlineStyle !== "none" || style.boxShadow !== "none" || e.matches(".md-skip, .md-search__input"),
  };
}"""


WALKED = ("index.html", "missing/index.html", "comparison.html", "outcomes.html")


@pytest.mark.parametrize("name", WALKED)
def test_a_keyboard_walks_the_whole_page_and_shows_where_it_is(context: BrowserContext, site: Path, name: str) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto((site / name).as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate('document.activeElement.classList.contains("md-skip")')
    stops = [page.evaluate(WALK)]
    for _ in range(400):
        page.keyboard.press("Tab")
        stop = page.evaluate(WALK)
        if stop is None or stop["number"] != len(stops):
            break
        stops.append(stop)
    assert [stop["name"] for stop in stops if not stop["seen"]] == []
    assert [stop["name"] for stop in stops if not stop["marked"]] == []
    reachable = "article a[href], article summary, article [tabindex='0']"
    shown = page.locator(reachable).evaluate_all("all => all.filter(e => e.checkVisibility()).length")
    assert sum(stop["inside"] for stop in stops) == shown


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("number", [0, 1])
def test_a_keyboard_reaches_every_link_and_table_of_the_pages_of_several_councils(
    context: BrowserContext, above: list[Path], number: int, width: int
) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(above[number].as_uri())
    reachable = page.locator("a[href], summary, [tabindex='0'], input, select, button")
    shown = reachable.evaluate_all("all => all.filter(e => e.checkVisibility()).length")
    stops = []
    for _ in range(shown):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(WALK))
    assert None not in stops
    assert [stop["number"] for stop in stops] == list(range(shown))
    assert [stop["name"] for stop in stops if not (stop["seen"] and stop["marked"])] == []
    page.keyboard.press("Tab")
    assert page.evaluate(WALK) is None
    # What is wider than the screen is read with the arrow keys.
    for at in range(page.locator(".scroll").count()):
        table = page.locator(".scroll").nth(at)
        if table.evaluate("e => e.scrollWidth > e.clientWidth"):
            table.focus()
            page.keyboard.press("ArrowRight")
            page.wait_for_function("e => e.scrollLeft > 0", arg=table.element_handle())


def test_nothing_is_cut_when_any_page_is_printed(context: BrowserContext, site: Path) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": 700, "height": 1000})
    page.emulate_media(media="print")
    wrong = []
    for path in find_pages(site):
        page.goto(path.as_uri())
        if page.evaluate("document.documentElement.scrollWidth") > 700:
            wrong.append(path.name)
        cut = (
            "all => all.filter(e => e.getBoundingClientRect().right > 701 || e.scrollWidth > e.clientWidth + 1).length"
        )
        if page.locator("article table, article pre, article img").evaluate_all(cut):
            wrong.append(f"{path.name}: a table, picture or query")
    assert wrong == []


def test_a_printed_page_has_its_notice_its_charts_and_the_addresses_of_what_it_cites(
    context: BrowserContext, site: Path
) -> None:
    page = context.new_page()
    page.goto((site / "missing" / "index.html").as_uri())
    page.emulate_media(media="print")
    assert page.locator("figure.chart img").first.is_visible()
    assert not page.locator("figure.chart details").first.is_visible()
    assert page.locator(".notice.invented").is_visible()
    page.goto((site / "guidance.html").as_uri())
    printed = pypdf.PdfReader(io.BytesIO(page.pdf(format="A4")))
    text = "".join(sheet.extract_text() for sheet in printed.pages)
    address = page.locator("article a[href^='http']").first.get_attribute("href")
    assert address is not None
    assert address in text.replace("\n", "")


WRITTEN = """() => [...document.querySelectorAll("article h2, article h3, article .finding, article td, article th")]
  .filter(e => !e.querySelector("a[href^='http'], .unseen")).map(e => e.innerText)"""


def test_every_page_prints_with_all_its_headings_findings_and_numbers(context: BrowserContext, site: Path) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    page = context.new_page()
    wrong = {}
    for path in find_written_pages(site):
        page.goto(path.as_uri())
        page.emulate_media(media="print")
        wanted = {"".join(text.split()) for text in page.evaluate(WRITTEN)}
        words = ["pdftotext", "-raw", "-", "-"]
        printed = subprocess.run(words, input=page.pdf(format="A4"), capture_output=True, check=True).stdout.decode()
        text = "".join(printed.split())
        if lost := [one for one in wanted if one and one not in text]:
            wrong[path.relative_to(site).as_posix()] = lost[:5]
    assert wrong == {}
