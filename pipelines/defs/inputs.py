"""What an edition is made of, as hashes of content: whether a build would change anything is decided here, before Dagster.

Keyed on bytes alone, never on times or on what is present.
"""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from pathlib import Path

from pipelines import paths
from pipelines.defs.templates import find_own_template
from pipelines.editions.manifest import Code, digest_file, digest_inputs, walk
from pipelines.figures import Edition

_CODE = (
    ("pipelines", ("*.py", "*.txt")),
    ("dbt_project", ("*.sql", "*.yml", "*.csv")),
    ("docs", ("*",)),
    ("schemas", ("*.json", "*.yml")),
)
_CODE_FILES = ("mkdocs.yml", "requirements/run.txt")
CODE_PLACES = (*(folder for folder, _ in _CODE), *_CODE_FILES)
"""Where all that decides what is made of the same input stands, from the project's folder."""
_READ_BY_PAPERS = ("docs/registers/", "docs/reports/")
"""Folders whose files the papers are made of too."""
_NEED_A_RUN = frozenset((paths.AUTHORITIES, paths.DMT_TEMPLATE, paths.REVIEWS_PLAN))
"""Files in them of which more is made than words: who gets pages, which lists are drawn, what the manifest states."""
_WORDS = ("docs/", "mkdocs.yml")
_NOT_CODE = {"target", "logs", "__pycache__"}


def digest_edition_inputs(
    extracts: Path, edition: Edition, *, encoding: str, authority: str, through: str = "duckdb"
) -> str:
    """The key of all that is put in: the files of the edition's folder, its periods, how they are read, the policy,
    the template of the report where it is the council's own, and the engine where it is not DuckDB.

    Raises OSError where a file cannot be read.
    """
    inputs = {
        f"extract {file.name}": digest_file(file)
        for file in extracts.iterdir()
        if file.is_file() and file.name != paths.OWN_TEMPLATE
    }
    if (own := find_own_template(extracts)) is not None:
        inputs["template"] = digest_file(own)
    inputs |= {
        f"period {collection} {name}": day.isoformat()
        for collection, period in edition.periods.items()
        for name, day in asdict(period).items()
    }
    if through != "duckdb":
        inputs["engine"] = through
    return digest_inputs({**inputs, "encoding": encoding, "authority": authority, "policy": digest_file(paths.POLICY)})


@cache
def describe_code() -> Code:
    """The project's version and one hash of all that decides what is made of the same input: code, models, words, lock."""
    return Code(version("storyboard"), _digest(_digest_files()))


@cache
def describe_words() -> Mapping[str, str]:
    """The sha256 of all that is written, by its path: pages and their order, registers, the texts of papers and their layout."""
    return {path: sha256 for path, sha256 in _digest_files().items() if _is_written(path)}


def is_read_by_papers(path: str) -> bool:
    """Whether a file of what is written makes papers, and not only pages."""
    return path.startswith(_READ_BY_PAPERS)


@cache
def digest_machinery() -> str:
    """One hash of all that decides what is made of the same input, but for what is written."""
    machinery = {path: sha256 for path, sha256 in _digest_files().items() if not _is_written(path)}
    return digest_inputs({**machinery, "version": version("storyboard")})


@cache
def digest_making() -> str:
    """One hash of what makes things, whatever they are made of: the program, its models, schemas, lock and the site's look.
    Words and the list of pages are no part of it: what is made of them says so."""
    making = {path: sha256 for path, sha256 in _digest_files().items() if not path.startswith(_WORDS) or _is_look(path)}
    return digest_inputs({**making, "version": version("storyboard")})


def _is_look(path: str) -> bool:
    return path.startswith(("docs/assets/", "docs/overrides/"))


def _is_written(path: str) -> bool:
    if not path.startswith(_WORDS) or _is_look(path) or paths.PROJECT / path in _NEED_A_RUN:
        return False
    return path.endswith(".md") or path in _WORDS or is_read_by_papers(path)


@cache
def _digest_files() -> Mapping[str, str]:
    chosen = dict.fromkeys(_CODE_FILES)
    for folder, patterns in _CODE:
        endings = tuple(pattern.removeprefix("*") for pattern in patterns)
        for path, status in walk(paths.PROJECT / folder):
            if not stat.S_ISDIR(status.st_mode) and path.endswith(endings) and not _NOT_CODE & {*path.split("/")}:
                chosen[f"{folder}/{path}"] = None
    return {path: digest_file(f"{paths.PROJECT}/{path}") for path in sorted(chosen)}


def _digest(files: Mapping[str, str]) -> str:
    digest = hashlib.sha256()
    for path, sha256 in files.items():
        digest.update(f"{sha256} {path}\n".encode())
    return digest.hexdigest()
