"""A plugin of MkDocs by which a page is read, and set as HTML, once for all that it is made of.

MkDocs still goes through every page: titles, links and anchors are checked as ever. No wording, and no files of the site.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any, cast

from jinja2 import ChoiceLoader, DictLoader, Environment
from mkdocs.config.base import Config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import BasePlugin, event_priority
from mkdocs.structure.files import Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page
from mkdocs.structure.toc import AnchorLink, get_toc
from mkdocs.utils.templates import TemplateContext

from pipelines.keeping import describe, make_once

_SEARCH = "material/search"
_KEPT = "kept.html"
"""The template of every page: its HTML, which is made with its own template once."""


class NoOptions(Config):
    """What mkdocs.yml can say of the plugin: nothing."""


class KeptPages(BasePlugin[NoOptions]):
    """Reads and sets each page by way of what was kept. `settings` is all that the site is made with besides its pages."""

    def __init__(self, settings: Mapping[str, object]) -> None:
        self._settings = describe(settings)
        self._made_of: dict[str, dict[str, object]] = {}
        self._templates: dict[str, str] = {}
        self._files = ""
        self._environment = Environment()

    def on_nav(self, nav: Navigation, /, *, config: MkDocsConfig, files: Files) -> None:
        """Which files there are decides what links lead to."""
        self._files = describe(sorted((file.src_uri, file.url) for file in files))

    def on_page_markdown(self, markdown: str, /, *, page: Page, config: MkDocsConfig, files: Files) -> None:
        """The page, its Markdown known, is turned into HTML by way of what was kept."""
        # MkDocs has no other place to say how one page is read.
        vars(page)["render"] = partial(self._read, page, markdown)

    def _read(self, page: Page, markdown: str, config: MkDocsConfig, files: Files) -> None:
        def read() -> bytes:
            Page.render(page, config, files)
            links = {file.src_uri: anchors for file, anchors in (page.links_to_anchors or {}).items()}
            return _pack(
                content=page.content,
                title=page._title_from_render,
                toc=[_as_token(link) for link in page.toc],
                anchors=sorted(page.present_anchor_ids or ()),
                links=links,
            )

        place = page.file.src_uri
        made_of = {"words": (place, markdown, page.meta), "pages": self._files, "settings of the site": self._settings}
        packed = make_once("page as read", made_of, read)
        kept = json.loads(packed)
        page.content, page._title_from_render = kept["content"], kept["title"]
        page.toc = get_toc(kept["toc"])
        page.present_anchor_ids = set(kept["anchors"])
        known = {file.src_uri: file for file in files}
        page.links_to_anchors = {known[uri]: anchors for uri, anchors in kept["links"].items()}
        self._made_of[place] = {"words": (packed, page.meta), "settings of the site": self._settings}

    def on_env(self, env: Environment, /, *, config: MkDocsConfig, files: Files) -> Environment:
        """Every page is read: all titles are known, which each page shows in its navigation."""
        pages = [page for file in files.documentation_pages() if (page := file.page) is not None]
        nav = describe(config.nav)
        titles = describe([(page.file.src_uri, page.url, page.title, page.meta) for page in pages])
        for page in pages:
            around = [other and other.url for other in (page.previous_page, page.next_page)]
            self._made_of[page.file.src_uri]["titles of pages"] = (titles, nav, around)
            self._templates[page.file.src_uri] = page.meta.get("template", "main.html")
            page.meta["template"] = _KEPT
        env.loader = ChoiceLoader([env.loader or DictLoader({}), DictLoader({_KEPT: "{{ kept }}"})])
        self._environment = env
        return env

    @event_priority(100)
    def on_page_context(
        self, context: TemplateContext, /, *, page: Page, config: MkDocsConfig, nav: Navigation
    ) -> TemplateContext:
        """Sets the page with its own template, and gathers what the search finds of it."""
        search: Any = config.plugins[_SEARCH]
        entries: list[dict[str, Any]] = search.search_index.entries

        def make() -> bytes:
            before = len(entries)
            search.on_page_context(context, page=page, config=config, nav=nav)
            html = self._environment.get_template(self._templates[page.file.src_uri]).render(context)
            found = entries[before:]
            del entries[before:]
            return _pack(html=html, entries=found)

        kept = json.loads(
            make_once("page of the site", self._made_of[page.file.src_uri], make, name=page.file.abs_dest_path)
        )
        entries.extend(kept["entries"])
        page.meta["search"] = {"exclude": True}
        return cast("TemplateContext", {**context, "kept": kept["html"]})


def _pack(**values: object) -> bytes:
    return json.dumps(values, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _as_token(link: AnchorLink) -> dict[str, object]:
    children = [_as_token(child) for child in link.children]
    return {"name": link.title, "id": link.id, "level": link.level, "children": children}
