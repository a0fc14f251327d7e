"""What an edition is made of, as hashes of content: whether a build would change anything is decided here, before Dagster.

Keyed on bytes alone, never on times or on what is present.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from pathlib import Path

from pipelines import paths
from pipelines.defs.templates import find_own_template
from pipelines.editions.manifest import Code, digest_file, digest_inputs
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
_NOT_CODE = {"target", "logs", "__pycache__"}


def digest_edition_inputs(extracts: Path, edition: Edition, *, encoding: str, authority: str) -> str:
    """The key of all that is put in: the files of the edition's folder, its periods, how they are read, the policy,
    and the template of the report where it is the council's own.

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
    return digest_inputs({**inputs, "encoding": encoding, "authority": authority, "policy": digest_file(paths.POLICY)})


@cache
def describe_code() -> Code:
    """The project's version and one hash of all that decides what is made of the same input: code, models, words, lock."""
    files = (
        file
        for folder, patterns in _CODE
        for pattern in patterns
        for file in (paths.PROJECT / folder).rglob(pattern)
        if file.is_file() and not _NOT_CODE & set(file.relative_to(paths.PROJECT).parts)
    )
    return Code(version("storyboard"), _digest([*files, *(paths.PROJECT / name for name in _CODE_FILES)]))


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in sorted(set(files)):
        digest.update(f"{digest_file(file)} {file.relative_to(paths.PROJECT).as_posix()}\n".encode())
    return digest.hexdigest()
