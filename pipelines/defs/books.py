"""The books that pages and papers are written from: this edition's figures with those of the sealed editions before it.

The public books hold protected figures and nothing else; the restricted ones hold exact figures. They never mix. With several
authorities there is a book for each that gets pages and papers, and it holds the figures of that authority alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines import paths, register
from pipelines.defs.runs import EditionRun
from pipelines.editions.names import is_place
from pipelines.editions.seal import PAGES
from pipelines.editions.state import EditionState, describe_folder, list_editions
from pipelines.figures import Collection, Edition, Figure, Metric, Period, PublicFigure
from pipelines.publishing.authorities import choose_folders, read_plan
from pipelines.publishing.book import Audience, Book, PublishedStatistic
from pipelines.publishing.citations import read_registers
from pipelines.publishing.downloads import read_public_figures, read_restricted_figures
from pipelines.publishing.exact import show_exact

if TYPE_CHECKING:
    from pipelines.reviews import HeldReview


def open_public_books(run: EditionRun, figures: Sequence[PublicFigure]) -> dict[str, Book]:
    """Protected figures: all that the site and the open files are made of. By the folder of what is made from each: none
    (an empty name) where the edition holds one authority, else the code of the authority, and `all`."""
    return _open(run, figures, "public", lambda folder, metrics: read_public_figures(folder / "public", metrics))


def open_restricted_books(run: EditionRun, figures: Sequence[Figure]) -> dict[str, Book]:
    """Exact figures: all that the papers for those entitled to them are made of. By folder, as above."""
    return _open(
        run,
        show_exact(figures),
        "restricted",
        lambda folder, metrics: show_exact(read_restricted_figures(folder / "restricted", metrics)),
    )


def each_public_paper(run: EditionRun, figures: Sequence[PublicFigure]) -> Iterator[tuple[Book, Path]]:
    """Each book of protected figures, with the folder that its papers stand in."""
    yield from _with_folders(open_public_books(run, figures), run.staged / "public")


def each_restricted_paper(run: EditionRun, figures: Sequence[Figure]) -> Iterator[tuple[Book, Path]]:
    """Each book of exact figures, with the folder that its papers stand in."""
    yield from _with_folders(open_restricted_books(run, figures), run.staged / "restricted")


def list_earlier(run: EditionRun) -> list[tuple[EditionState, Path]]:
    """The latest version of each earlier edition, sealed in this batch or before, with its folder; oldest first."""
    staged = {folder.name: folder for folder in run.list_sealed()}
    states = {state.name: (state, run.output.editions / state.name) for state in list_editions(run.output)}
    states |= {name: (describe_folder(folder, name), folder) for name, folder in staged.items()}
    latest: dict[str, tuple[EditionState, Path]] = {}
    for state, folder in sorted(states.values(), key=lambda pair: (pair[0].edition, pair[0].version)):
        if state.edition < run.edition.name and state.status != "withdrawn":
            latest[state.edition] = (state, folder)
    return list(latest.values())


def find_pages_of(folder: Path, authority: str) -> str | None:
    """Where the pages of one authority stand in a sealed edition, from its pages: `E08000035/`, or nothing before them where
    the edition is of that authority alone; None where it has none."""
    if (folder / PAGES / authority / "index.html").is_file():
        return f"{authority}/"
    metrics = register.read_metrics()
    return "" if {f.key.authority for f in read_public_figures(folder / "public", metrics)} == {authority} else None


def read_councils(folder: Path) -> list[str]:
    """Who has pages of their own in a sealed edition of several councils, `all` of them together among them; else nobody."""
    if not (folder / PAGES).is_dir():
        return []
    places = (each.name for each in (folder / PAGES).iterdir() if (each / "index.html").is_file())
    return sorted(name for name in places if is_place(name))


def hold_several(output: paths.Output) -> bool:
    """Whether an output folder holds an edition of several councils."""
    return output.editions.is_dir() and any(read_councils(folder) for folder in output.editions.iterdir())


def read_releases(run: EditionRun, target: str) -> list[list[PublicFigure]]:
    """The public figures of every other edition that the folder or the batch holds, withdrawn ones too: what was once public
    stays known. `target` is the folder that this edition takes; a draft that is there gives way to it."""
    metrics = register.read_metrics()
    found = []
    for folder in _list_others(run, target):
        withdrawn = folder / "restricted" / "withdrawn" / "public"
        found.append(read_public_figures(withdrawn if withdrawn.is_dir() else folder / "public", metrics))
    return found


def read_exact_releases(run: EditionRun, target: str) -> list[list[Figure]]:
    """The exact figures of the same editions, in the same order: what the protection of many authorities grants the attacker."""
    metrics = register.read_metrics()
    return [read_restricted_figures(folder / "restricted", metrics) for folder in _list_others(run, target)]


def _list_others(run: EditionRun, target: str) -> list[Path]:
    folders = {state.name: run.output.editions / state.name for state in list_editions(run.output)}
    folders |= {folder.name: folder for folder in run.list_sealed()}
    folders.pop(target, None)
    # A later draft is built again after this edition; it protects itself against this one then.
    return [
        folder for name, folder in sorted(folders.items()) if name[:4] <= run.edition.name or not _is_draft(run, name)
    ]


def _with_folders(books: Mapping[str, Book], side: Path) -> Iterator[tuple[Book, Path]]:
    for place, book in books.items():
        folder = side / place
        folder.mkdir(parents=True, exist_ok=True)
        yield book, folder


def _is_draft(run: EditionRun, name: str) -> bool:
    return any(state.name == name and state.status == "draft" for state in list_editions(run.output))


def _open(
    run: EditionRun,
    figures: Sequence[PublicFigure],
    audience: Audience,
    read: Callable[[Path, dict[str, Metric]], list[PublicFigure]],
) -> dict[str, Book]:
    metrics, categories = register.read_metrics(), register.read_categories()
    base = run.policy.base if audience == "public" else 1
    plan = read_plan(read_registers(paths.DOCS), metrics)
    before = []
    for state, folder in list_earlier(run):
        released = read(folder, metrics)
        before.append((_edition_of(state.edition, released, metrics), state.is_invented, _by_authority(released)))
    ours = _by_authority(figures)
    statistics = read_published_statistics(run)
    sql, checks = register.read_metric_models(), register.read_checks()
    reviews = _find_reviews(run) if audience == "restricted" else ()
    return {
        place: Book(
            run.edition,
            ours.get(authority, ()),
            metrics,
            categories,
            audience=audience,
            authority=authority,
            earlier=[
                Book(
                    edition,
                    theirs[authority],
                    metrics,
                    categories,
                    audience=audience,
                    authority=authority,
                    invented=is_invented,
                    base=base,
                    places=plan.places,
                )
                for edition, is_invented, theirs in before
                if authority in theirs
            ],
            published_statistics=statistics,
            invented=run.is_invented,
            base=base,
            sql=sql,
            checks=checks,
            places=plan.places,
            reviews=reviews,
        )
        for place, authority in choose_folders(ours, plan.pages_for).items()
        if run.council in (None, authority)
    }


def _find_reviews(run: EditionRun) -> Sequence[HeldReview]:
    # What opens workbooks takes a while to import, and the public side needs none of it.
    from pipelines.intake.review_answers import find_reviews

    return find_reviews(run.extracts)


def _by_authority(figures: Sequence[PublicFigure]) -> dict[str, list[PublicFigure]]:
    found: dict[str, list[PublicFigure]] = {}
    for figure in figures:
        found.setdefault(figure.key.authority, []).append(figure)
    return found


def _edition_of(name: str, figures: Sequence[PublicFigure], metrics: dict[str, Metric]) -> Edition:
    periods: dict[Collection, Period] = {}
    for figure in figures:
        collection = metrics[figure.key.metric_id].collection
        periods.setdefault(collection, Period(figure.period_start, figure.period_end, figure.as_at))
    return Edition(name, periods)


def read_published_statistics(run: EditionRun) -> list[PublishedStatistic]:
    """What the department prints, as the gate read it; none where no such file was given."""
    from pydantic import TypeAdapter

    kept = TypeAdapter(list[PublishedStatistic])
    if not run.statistics.is_file():
        run.statistics.write_bytes(kept.dump_json(_read_statistics(run)))
    return kept.validate_json(run.statistics.read_bytes())


def _read_statistics(run: EditionRun) -> list[PublishedStatistic]:
    file = run.admitted / "published_statistics.parquet"
    if not file.is_file():
        return []
    import pyarrow.parquet as pq

    return [
        PublishedStatistic(**{**row, "value": _without_trailing_noughts(row["value"])})
        for row in pq.read_table(file).to_pylist()
    ]


def _without_trailing_noughts(value: float | None) -> Decimal | None:
    """Parquet keeps every value as a floating number; the department prints most of them whole."""
    return None if value is None else Decimal(f"{Decimal(str(value)).normalize():f}")
