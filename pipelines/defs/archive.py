"""What goes into the archive and comes out of it: the files that an edition was made of, and how they were read.

How files are kept and destroyed is said in `editions.archive`, for how long in publication.yml.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pipelines import paths
from pipelines.defs.runs import EditionRun
from pipelines.defs.templates import find_own_template
from pipelines.editions.archive import Archive, Kept
from pipelines.editions.manifest import digest_file, read_manifest
from pipelines.editions.publication import Act
from pipelines.editions.settings import Settings, read_settings
from pipelines.editions.tracing import AUDIT, read_audit
from pipelines.faults import DataFault

INGREDIENTS = "ingredients.json"


@dataclass(frozen=True)
class Ingredients:
    """All that was put in, besides code: the files of the edition's folder, its periods, how they were read, the policy."""

    edition: str
    files: Mapping[str, str]
    """The sha256 of each file, by its name."""
    periods: Mapping[str, Mapping[str, str]]
    encoding: str
    authority: str
    policy: Path


@dataclass(frozen=True)
class Missing:
    """Why an edition's extracts cannot be had. `destroyed` names the first that was, where that is why."""

    text: str
    destroyed: Kept | None = None


def read_publication() -> Settings:
    """The settings of publication.yml."""
    return read_settings(paths.PUBLICATION.read_text("utf-8"))


def describe_ingredients(run: EditionRun) -> str:
    """What a run was made of, as JSON; sealed with the edition."""
    files = sorted(_list_files(run.extracts))
    stated = {
        "files": [{"name": file.name, "sha256": digest_file(file)} for file in files],
        "periods": {
            collection: {name: day.isoformat() for name, day in asdict(period).items()}
            for collection, period in run.edition.periods.items()
        },
        "encoding": run.encoding,
        "authority": run.authority,
        "policy_sha256": digest_file(paths.POLICY),
    }
    return json.dumps(stated, indent=1, ensure_ascii=False) + "\n"


def _list_files(extracts: Path) -> list[Path]:
    """The files of an edition's folder, and the template of all editions where that is the one used."""
    files = [file for file in extracts.iterdir() if file.is_file()]
    own = find_own_template(extracts)
    return files if own is None or own in files else [*files, own]


def read_ingredients(folder: Path) -> Ingredients:
    """What a sealed edition was made of. DataFault where it does not say."""
    stated: dict[str, Any] = read_audit(folder, INGREDIENTS)
    return Ingredients(
        read_manifest(folder).facts.edition,
        {file["name"]: file["sha256"] for file in stated["files"]},
        stated["periods"],
        stated["encoding"],
        stated["authority"],
        folder / AUDIT / "policy.yml",
    )


def archive_extracts(folder: Path, extracts: Path, output: paths.Output, act: Act) -> None:
    """Archive every file that a sealed edition was made of, before readers see it. `extracts` holds a folder for each edition."""
    settings = read_publication()
    if settings.keep_years == 0:
        return
    ingredients = read_ingredients(folder)
    for name, sha256 in ingredients.files.items():
        folder_of = extracts / ingredients.edition
        Archive(output.archive).keep(
            (find_own_template(folder_of) or folder_of / name) if name == paths.OWN_TEMPLATE else folder_of / name,
            sha256,
            edition=folder.name,
            destroy_by=settings.destroy_by(act.when.date()),
            rule=settings.rule,
            who=act.who,
            when=act.when,
        )


def find_missing(ingredients: Ingredients, output: paths.Output) -> Missing | None:
    """Why the files of an edition cannot be had from the archive; None where all are there."""
    archive = Archive(output.archive)
    record = archive.read_record()
    for name, sha256 in ingredients.files.items():
        kept = record.get(sha256)
        if archive.find(sha256) is not None:
            continue
        if kept is not None and kept.destroyed_on is not None:
            return Missing(f"destroyed on {kept.destroyed_on.isoformat()} under: {kept.rule}", kept)
        return Missing(f"the archive {archive.folder} does not hold {name} (sha256 {sha256})")
    return None


def restore_extracts(ingredients: Ingredients, output: paths.Output, into: Path) -> Path:
    """The folder of extracts as it was, with its calendar, under `into`. Returns `into`. DataFault where a file is missing."""
    if (missing := find_missing(ingredients, output)) is not None:
        raise DataFault(f"The extracts of edition {ingredients.edition} cannot be had: {missing.text}.")
    archive = Archive(output.archive)
    folder = into / ingredients.edition
    folder.mkdir(mode=0o700, parents=True)
    for name, sha256 in ingredients.files.items():
        found = archive.find(sha256)
        assert found is not None
        shutil.copyfile(found, folder / name)
    rows = [
        ",".join((ingredients.edition, collection, *(date.fromisoformat(day).isoformat() for day in days.values())))
        for collection, days in ingredients.periods.items()
    ]
    calendar = "\n".join(("edition,collection,period_start,period_end,as_at", *rows))
    (into / "editions.csv").write_text(calendar + "\n", "utf-8", newline="\n")
    return into
