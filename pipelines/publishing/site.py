"""Builds the static site of one edition from rendered pages with MkDocs, in process and strictly.

No figures and no wording of pages here. The bytes depend on what is given alone; the site opens from a file share.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.faults import DataFault

if TYPE_CHECKING:
    from jinja2 import Environment
    from mkdocs.theme import Theme

_LEFT_OUT = ("404.html", "sitemap.xml", "sitemap.xml.gz")
"""Files that only make sense at the root of a web server, with addresses that a file share cannot follow."""
_ONE_AT_A_TIME = threading.Lock()
"""MkDocs reads its settings from the environment of the whole process."""


def build_site(
    rendered_docs: Path,
    mkdocs_config: Path,
    into: Path,
    *,
    site_name: str,
    epoch: int,
    invented: bool = False,
    copyright_notice: str = "",
    index_of_authorities: str = "",
    comparison: str = "",
) -> None:
    """Builds the site of the pages in `rendered_docs` into the absent or empty folder `into`.

    `epoch` (seconds, above 0) is the time that the site gives for itself, e.g. that of the edition's date.
    `index_of_authorities` is the address of the page above this site, from its root, where it is the site of one of several
    councils; `comparison` that of the page beside it that compares them. Raises DataFault with every warning of MkDocs: a page
    outside the navigation, a broken link or anchor.
    """
    if epoch <= 0:
        raise ValueError("The epoch of a site is above 0.")
    with _ONE_AT_A_TIME, _environment(epoch), _gathered_warnings() as warnings:
        from mkdocs.commands.build import build
        from mkdocs.config import load_config
        from mkdocs.exceptions import Abort, MkDocsException

        from pipelines.publishing.kept_pages import KeptPages

        try:
            config = load_config(
                str(mkdocs_config),
                docs_dir=str(rendered_docs),
                site_dir=str(into),
                site_name=site_name,
                copyright=copyright_notice or None,
                strict=True,
            )
            config["theme"].static_templates.difference_update(_LEFT_OUT)
            config["extra"]["invented"] = invented
            config["extra"]["index_of_authorities"] = index_of_authorities
            config["extra"]["comparison"] = comparison
            config["theme"].get_env = partial(_open_templates, config["theme"])
            config.plugins["kept_pages"] = KeptPages(
                {
                    "configuration": mkdocs_config.read_bytes(),
                    "name": site_name,
                    "epoch": epoch,
                    "invented": invented,
                    "copyright": copyright_notice,
                    "index of authorities": index_of_authorities,
                    "comparison": comparison,
                }
            )
            config.plugins.on_startup(command="build", dirty=False)
            try:
                build(config)
            finally:
                config.plugins.on_shutdown()
        except (Abort, MkDocsException) as error:
            told = "\n".join(warnings) or str(error)
            raise DataFault(f"The site cannot be built from the pages in docs/:\n{told}") from None
    for name in _LEFT_OUT:
        (into / name).unlink(missing_ok=True)
    for path in into.rglob("*.map"):
        path.unlink()
    for path in sorted(into.rglob("*.html")):
        path.write_text(_mend_theme(_wrap_tables(path.read_text("utf-8"))), "utf-8", newline="\n")


def compile_templates(mkdocs_config: Path) -> None:
    """Every template of the site's look, so that no build has to; those that cannot be compiled are for no page."""
    with _ONE_AT_A_TIME, _environment(1), _gathered_warnings():
        from jinja2 import TemplateError
        from mkdocs.config import load_config

        environment = _open_templates(load_config(str(mkdocs_config))["theme"])
        for name in environment.list_templates(extensions=["html", "xml"]):
            with suppress(TemplateError):
                environment.get_template(name)


def share_folders(sites: Sequence[Path], names: Collection[str], *, beside: Collection[str] = ()) -> None:
    """Keeps folders that are the same in all of these finished sites once, beside the sites, and leads every page there, and to
    folders that stand `beside` them already.

    Raises ValueError where they are not the same.
    """
    above = sites[0].parent
    for name in names:
        contents = _read_tree(sites[0] / name)
        for site in sites[1:]:
            if _read_tree(site / name) != contents:
                raise ValueError(f"The folder {name} of {site.name} is not that of {sites[0].name}.")
            shutil.rmtree(site / name)
        (sites[0] / name).rename(above / name)
    shared = re.compile(rb"""(["'](?:\.\./)*)(?=(?:%s)/)""" % "|".join(map(re.escape, (*names, *beside))).encode())
    for site in sites:
        for page in sorted(site.rglob("*.html")):
            page.write_bytes(shared.sub(rb"\1../", page.read_bytes()))


def _read_tree(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def _open_templates(theme: Theme) -> Environment:
    """The theme's templates, without looking through its thousands of icons for files of the site: none of them is one."""
    from pipelines.publishing.kept_templates import KeptTemplates

    class Templates(KeptTemplates):
        def list_templates(self) -> list[str]:
            found = set()
            for place in self.searchpath:
                for folder, within, files in os.walk(place):
                    within[:] = [name for name in within if not name.startswith(".")]
                    found |= {Path(folder, file).relative_to(place).as_posix() for file in files}
            return sorted(found)

    environment = type(theme).get_env(theme)
    environment.loader = Templates(theme.dirs)
    return environment


def _wrap_tables(page: str) -> str:
    """Gives each table that was written in Markdown a region that can be scrolled by keyboard on a narrow screen."""
    count = 0

    def opening(_: re.Match[str]) -> str:
        nonlocal count
        count += 1
        name = f"Table {count} in the text"
        return f'<section class="table-scroll" tabindex="0" aria-label="{name}"><table class="plain">'

    return re.sub(
        r"(<table class=\"plain\">.*?</table>)", r"\1</section>", re.sub(r"<table>", opening, page), flags=re.DOTALL
    )


def _mend_theme(page: str) -> str:
    """Puts right what the theme writes against the rules of HTML; nothing that is seen or heard changes."""
    page = page.replace(' tabindex=""', "")
    page = re.sub(r'(<input class="md-(?:toggle|nav__toggle)[^>]*?) autocomplete="off"', r"\1", page)
    return re.sub(
        r'(<form class="md-search__form".*?)(</form>)',
        r'\1<button type="submit" hidden>Search</button>\2',
        page,
        flags=re.DOTALL,
    )


@contextmanager
def _environment(epoch: int) -> Iterator[None]:
    """MkDocs takes its date, and its theme its silence, from the environment alone."""
    wanted = {"SOURCE_DATE_EPOCH": str(epoch), "NO_MKDOCS_2_WARNING": "1"}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _gathered_warnings() -> Iterator[list[str]]:
    """The warnings of MkDocs as sentences, instead of lines on the terminal."""
    found: list[str] = []

    class Gatherer(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(record.getMessage())

    logger = logging.getLogger("mkdocs")
    gatherer = Gatherer(logging.WARNING)
    spread, level = logger.propagate, logger.level
    logger.addHandler(gatherer)
    logger.propagate = False
    logger.setLevel(logging.WARNING)
    try:
        yield found
    finally:
        logger.removeHandler(gatherer)
        logger.propagate = spread
        logger.setLevel(level)
