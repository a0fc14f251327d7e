"""What the pages say as they are written, whatever the figures are: looked through before a build, and kept by their text.

How words are judged is said in `publishing`. Nothing is filled in here.
"""

from __future__ import annotations

from contextlib import suppress

from pipelines import paths, register
from pipelines.defs.store import Store
from pipelines.faults import DataFault
from pipelines.keeping import keeping
from pipelines.paths import Output
from pipelines.publishing.pages import compile_pages, find_wrong_words


def refuse_wrong_words(output: Output) -> None:
    """Before anything is made: what is wrong with a page whatever the figures are. Raises DataFault with file and line."""
    store = Store(output, "words", output.words)
    with keeping(store):
        wrong = find_wrong_words(paths.DOCS, register.read_metrics(), register.read_categories())
    if output.parts.is_dir() and not all(told.is_reused for told in store.told):
        # Where it cannot be kept, the words are looked through again.
        with suppress(OSError):
            store.keep(output.words)
    if wrong:
        raise DataFault("\n".join([*wrong, "Nothing was built, and nothing that is published has changed."]))


def set_up_words() -> None:
    """Looks through the pages that come with the project, and compiles them and the templates of the site, once and for all."""
    from pipelines.publishing.documents import compile_paper
    from pipelines.publishing.site import compile_templates

    store = Store(None, "set-up", paths.SET_UP)
    with keeping(store):
        find_wrong_words(paths.DOCS, register.read_metrics(), register.read_categories())
        compile_pages(paths.DOCS)
        compile_templates(paths.MKDOCS_CONFIG)
        for text in (paths.DMT_TEXT, paths.FOI_TEXT, paths.INSPECTION_TEXT, paths.BOARD_PACK_TEXT):
            compile_paper(text)
    # Where it cannot be kept, each build makes it.
    with suppress(OSError):
        store.keep(paths.SET_UP)
