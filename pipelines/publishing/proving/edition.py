"""The finished files of one edition, each opened by the reader of its type; a type without a reader is refused.

On the public side every number must be accounted for. On the restricted side papers are held to the same; lists of records
and the evidence of how figures were made hold counts of rows, so there the numbers that are bound to figures are proved.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pipelines.figures import ALL
from pipelines.keeping import make_once
from pipelines.publishing.proving.data_files import has_figures, read_descriptor, read_table
from pipelines.publishing.proving.found import Described, Found, Indexed, Listed, Named, Quoted, Row, Said, Shown
from pipelines.publishing.proving.knowledge import Known, Number
from pipelines.publishing.proving.pages import describe_drawing, read_drawing, read_index, read_page
from pipelines.publishing.proving.papers import read_pdf, read_word, read_workbook
from pipelines.publishing.proving.verdict import Problem, compare, judge

PAPERS = {".docx": read_word, ".pdf": read_pdf, ".xlsx": read_workbook}
EVIDENCE = frozenset((".html", ".json", ".csv", ".sql", ".yml", ".py"))
"""On the restricted side: what tells how figures were made. Its counts of rows, findings and tests are no figures."""

PAGES, INDEX = "public/pages/", "public/pages/search/"
_SEARCH = INDEX.removeprefix(PAGES)
_SITE = re.compile(rf"({PAGES}(?:(?:{ALL}|E\d{{8}})/)?)(.+)")
"""The pages of one authority, and what stands in them: with several, those of each are a site in a folder of its own."""

_MAY_BIND = re.compile(rb"<(?:data|img)", re.IGNORECASE)
"""What may bind a number of an HTML page to a figure: an element of its own, or a drawing."""

IsAsset = Callable[[str, Path], bool]
"""Whether a file (by its path in its site) is a copy of one that comes with the site's look."""


@dataclass(frozen=True)
class Proof:
    """What was read and what is wrong."""

    files: int
    numbers: int
    problems: tuple[Problem, ...]


def prove(
    folder: Path, public: Known, restricted: Known, *, cited: Mapping[str, Iterable[str]], is_asset: IsAsset
) -> Proof:
    """Opens every file under `folder` again. `cited` names the figures that each page (`index.md`) must show."""
    files = {file.relative_to(folder).as_posix(): file for file in sorted(folder.rglob("*")) if file.is_file()}
    described = {path: describe_drawing(file) for path, file in files.items() if path.endswith(".svg")}
    count = 0
    problems: list[Problem] = []
    shown: dict[str, set[str]] = {}
    articles: dict[str, tuple[str, ...]] = {}
    folders: dict[str, list[str]] = {}
    for path in files:
        folders.setdefault(posixpath.dirname(path), []).append(path)
    for name, paths in folders.items():
        known = public if f"{name}/".startswith("public/") else restricted
        within = [_File(path, files[path], is_asset) for path in paths]
        for path, read in _prove_folder(within, known, described).items():
            count += read.numbers
            shown[path] = set(read.shown)
            problems += read.problems
            if read.article is not None:
                articles[path] = read.article
    problems += _find_missing(cited, shown)
    problems += _judge_index(files, articles)
    return Proof(len(files), count, tuple(problems))


@dataclass(frozen=True)
class _ProvedFile:
    """What became of one file: the figures that it shows, how often it shows one, what is wrong, and all numbers of a page."""

    shown: tuple[str, ...]
    numbers: int
    problems: tuple[Problem, ...]
    article: tuple[str, ...] | None = None


class _File:
    """One finished file, read at most once, and only where something in it is not known yet."""

    def __init__(self, path: str, file: Path, is_asset: IsAsset) -> None:
        self.path, self._file, self._is_asset = path, file, is_asset
        self.may_show = _may_show(path, file)

    @cached_property
    def content(self) -> bytes:
        """Its bytes."""
        return self._file.read_bytes()

    @cached_property
    def found(self) -> list[Found]:
        """All that a reader of its type finds in it."""
        return list(_read(self.path, self._file, self._is_asset))

    @cached_property
    def made_of(self) -> dict[str, object]:
        """What decides what is found in it."""
        return {"file": (self.path, self.content, _is_list(self.path, self._file))}

    @cached_property
    def named(self) -> dict[str, list[str]]:
        """All of the edition that it speaks of."""
        listed: dict[str, list[str]] = json.loads(
            make_once("what a file names", self.made_of, lambda: json.dumps(_list_named(self.found)).encode())
        )
        return listed


def _prove_folder(files: Sequence[_File], known: Known, described: Mapping[str, str]) -> dict[str, _ProvedFile]:
    """The proof of the files of one folder. Where all of them and all that they name are the same, none is asked."""
    made_of: dict[str, object] = {"files": {file.path: file.content for file in files}}

    def list_named() -> bytes:
        every: dict[str, set[str]] = {"addresses": set(), "names": set(), "drawings": set()}
        for file in files:
            # What cannot be read is told when it is proved.
            with suppress(ValueError, KeyError, OSError):
                for kind, named in (file.named if file.may_show else {}).items():
                    every[kind].update(named)
        return json.dumps({kind: sorted(named) for kind, named in every.items()}).encode()

    named = json.loads(make_once("what the files of a folder name", made_of, list_named))
    made_of["figures"] = _describe_named(named, known, described)

    def prove_now() -> bytes:
        proved: dict[str, _ProvedFile] = {}
        for file in files:
            try:
                proved[file.path] = _prove_file(file, known, described)
            except (ValueError, KeyError, OSError) as error:
                said = f"cannot be read again ({type(error).__name__})"
                proved[file.path] = _ProvedFile((), 0, (Problem(file.path, "", said),))
        return json.dumps({path: asdict(read) for path, read in proved.items()}).encode()

    kept = json.loads(make_once("proof of a folder", made_of, prove_now))
    return {path: _open_proof(read) for path, read in kept.items()}


def _prove_file(file: _File, known: Known, described: Mapping[str, str]) -> _ProvedFile:
    """The proof of one file. What it names is kept by its bytes, what is wrong by its bytes and all that it names: a file
    whose figures are the same need not be read again."""
    if not file.may_show:
        return _prove(file.path, file.found, known, described)
    made_of = {**file.made_of, "figures": _describe_named(file.named, known, described)}

    def prove_now() -> bytes:
        return json.dumps(asdict(_prove(file.path, file.found, known, described))).encode()

    return _open_proof(json.loads(make_once("proof of a file", made_of, prove_now)))


def _describe_named(named: Mapping[str, Sequence[str]], known: Known, described: Mapping[str, str]) -> object:
    """All by which files are judged that speak of this and of nothing else."""
    drawn = [described.get(drawing, "") for drawing in named["drawings"]]
    return known.describe(named["addresses"], named["names"]), drawn


def _open_proof(kept: Mapping[str, Any]) -> _ProvedFile:
    return _ProvedFile(
        tuple(kept["shown"]),
        kept["numbers"],
        tuple(Problem(**each) for each in kept["problems"]),
        None if kept["article"] is None else tuple(kept["article"]),
    )


def _prove(path: str, found: list[Found], known: Known, described: Mapping[str, str]) -> _ProvedFile:
    bound = [each.address for each in found if isinstance(each, Shown)]
    article = next((each.numbers for each in found if isinstance(each, Indexed)), None)
    return _ProvedFile(tuple(sorted(set(bound))), len(bound), tuple(judge(path, found, known, described)), article)


def _list_named(found: Iterable[Found]) -> dict[str, list[str]]:
    """All of the edition that a file speaks of: addresses of figures, names of what it explains, drawings."""
    addresses: set[str] = set()
    names: set[str] = set()
    drawings: set[str] = set()
    for each in found:
        match each:
            case Shown() | Row():
                addresses.add(each.address)
            case Said() | Listed():
                addresses.update(each.addresses)
            case Named():
                names.add(each.name)
            case Described():
                drawings.add(each.drawing)
            case _:
                pass
    return {"addresses": sorted(addresses), "names": sorted(names), "drawings": sorted(drawings)}


def _may_show(path: str, file: Path) -> bool:
    """Whether the file is one that is read for figures: neither a copy of what comes with the look, nor mere evidence."""
    kinds = (".html", ".svg", ".csv", *PAPERS)
    return file.suffix in kinds or (file.suffix == ".json" and path.startswith("public/") and not _split(path)[1])


def _read(path: str, file: Path, is_asset: IsAsset) -> Iterator[Found]:
    is_public, kind = path.startswith("public/"), file.suffix
    _, inside = _split(path)
    if inside.startswith(_SEARCH):
        return
    if inside and kind not in (".html", ".svg", ".csv", ".json", *PAPERS):
        if not is_asset(inside, file):
            raise ValueError(path)
        return
    if kind == ".html" and not is_public and not _MAY_BIND.search(file.read_bytes()):
        # Of evidence nothing but what is bound to figures is proved, and nothing here can be bound.
        return
    if kind == ".html":
        yield from (each for each in read_page(file, path) if is_public or not isinstance(each, Said))
    elif kind == ".svg":
        yield from read_drawing(file)
    elif kind == ".csv":
        yield from read_table(file, has_records=not is_public)
    elif kind == ".json" and is_public:
        yield from read_descriptor(file)
    elif kind in PAPERS:
        found = PAPERS[kind](file)
        yield from (each for each in found if not isinstance(each, Said | Quoted)) if _is_list(path, file) else found
    elif is_public or kind not in EVIDENCE:
        raise ValueError(path)


def _split(path: str) -> tuple[str, str]:
    """The root of the site that a file of the pages is of, and its path from there; nothing for any other file."""
    found = _SITE.fullmatch(path)
    return (found[1], found[2]) if found else ("", "")


def _is_list(path: str, file: Path) -> bool:
    """Whether a restricted workbook is a list of records: it lies beside the same list as CSV, which is no table of figures."""
    beside = file.with_suffix(".csv")
    return not path.startswith("public/") and file.suffix == ".xlsx" and beside.is_file() and not has_figures(beside)


def _find_missing(cited: Mapping[str, Iterable[str]], shown: Mapping[str, set[str]]) -> Iterator[Problem]:
    """A page that no longer shows a figure that it was written with."""
    for page, addresses in cited.items():
        path = PAGES + page.removesuffix(".md") + ".html"
        for address in sorted(set(addresses) - shown.get(path, set())):
            yield Problem(path, "", "a figure that the page cites is missing", address)


def _judge_index(files: Mapping[str, Path], articles: Mapping[str, Sequence[str]]) -> Iterator[Problem]:
    """The search index must hold the same numbers as the pages (`articles`), which are proved by themselves."""
    for path in (name for name in files if _split(name)[1].startswith(_SEARCH)):
        try:
            index = read_index(files[path])
        except (ValueError, KeyError):
            yield Problem(path, "", "cannot be read as a search index")
            continue
        for page, numbers in index.items():
            article = articles.get(_split(path)[0] + page)
            if article is None:
                yield Problem(path, page, "names a page that is not there")
                continue
            place = f"the entries of {page}"
            for problem in compare(path, [Number(n, False) for n in numbers], [(n, "") for n in article]):
                yield Problem(path, place, f"{problem.says}: the page has other numbers")
