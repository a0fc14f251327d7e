from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from pipelines.publishing.index import index_page
from tests.publishing.built import build_real_site

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
WIDTHS = (1280, 360)
RULES = {"preload": False, "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@dataclass(frozen=True)
class Entry:
    name: str
    edition: str
    version: int
    status: str
    is_invented: bool
    reason: str | None = None


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    site = build_real_site(folder)
    entries = [Entry("2017", "2017", 1, "draft", True), Entry("2016-v2", "2016", 2, "published", True, "Late records.")]
    (site / "editions-index.html").write_text(index_page(entries), "utf-8")
    return site


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


@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_opens_from_the_file_system_fits_and_passes_axe(
    context: BrowserContext, site: Path, width: int
) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    told = watch(page)
    wrong: dict[str, object] = {}
    for path in find_pages(site):
        page.goto(path.as_uri())
        for details in page.locator("details").all():
            details.evaluate("element => { element.open = true }")
        found = Axe().run(page, options=RULES).response["violations"]
        if found:
            wrong[path.name] = [(v["id"], [n["target"] for n in v["nodes"]][:3]) for v in found]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wrong[f"{path.name} is too wide"] = width
    assert wrong == {}
    assert told == []


def test_search_works_from_the_file_system(context: BrowserContext, site: Path) -> None:
    page = context.new_page()
    told = watch(page)
    page.goto((site / "index.html").as_uri())
    page.locator(".md-search__input").click()
    page.locator(".md-search__input").press_sequentially("return interview")
    page.locator(".md-search-result__item").first.wait_for(timeout=10_000)
    assert "eturn" in page.locator(".md-search-result__item").first.inner_text()
    assert told == []


def test_all_content_is_there_without_scripts(browser: Browser, site: Path) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto((site / "missing" / "index.html").as_uri())
    assert page.locator("figure.chart img").first.is_visible()
    assert page.locator("figure.chart table").first.is_visible()
    page.locator("figure.chart summary").first.click()
    assert page.locator("figure.chart details dl").first.is_visible()
    context.close()


def test_a_keyboard_reaches_the_content_first_and_shows_where_it_is(context: BrowserContext, site: Path) -> None:
    page = context.new_page()
    page.goto((site / "missing" / "index.html").as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate('document.activeElement.classList.contains("md-skip")')
    page.locator("figure.chart summary").first.focus()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"


def test_nothing_is_cut_when_a_page_is_printed(context: BrowserContext, site: Path) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": 700, "height": 1000})
    page.emulate_media(media="print")
    page.goto((site / "missing" / "index.html").as_uri())
    assert page.locator("figure.chart img").first.is_visible()
    assert not page.locator("figure.chart details").first.is_visible()
    assert page.locator(".notice.invented").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 700
