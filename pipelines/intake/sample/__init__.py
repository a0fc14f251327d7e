"""Synthetic extracts that keep the contract: every row about a child is invented, and says so.

Only putting the tables together and writing the folder; what the tables tell is in the modules beside this one.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from pipelines.faults import MachineFault, UsageFault
from pipelines.figures import Edition
from pipelines.intake.sample.country import Form, Plan, as_batch, check_plan, write_batches, write_country
from pipelines.intake.sample.draws import Texts
from pipelines.intake.sample.education import write_education
from pipelines.intake.sample.missing import write_episodes
from pipelines.intake.sample.published import published_files
from pipelines.intake.sample.reference import AUTHORITIES, write_population
from pipelines.paths import SAMPLE_MARKER

DEFAULT_SEED = 2016

_NOTICE = """\
INVENTED DATA

Every row about a child in this folder is invented: no row describes a real child, and nothing here was
taken from a council's records. Edition {edition}, scale {scale}, seed {seed}.

The figures of edition 2016 come out as the story board published early in 2016 prints them, because the
rows were made to. The editions after it tell an invented story.

Not invented, because it is published:
- population.csv: mid-year estimates of York's population aged 0 to 17 (Office for National Statistics) and
  children looked after in York during the year (Department for Education). The ages 5 to 16 are a fixed
  share of them, and the looked-after children of the years ending 2016 and 2017 are invented.
- published_statistics*.csv: the rows for England, Yorkshire and The Humber and York of the Department for
  Education's statistical releases SFR34/2015, SFR41/2016 and SFR50/2017, of "Children looked after in England
  including adoptions" of 2022, 2023 and 2024, and of "Elective home education", school years 2021/22 to
  2024/25. Of 2024 only a part is given.
Contains public sector information licensed under the Open Government Licence v3.0.
"""

_COUNTRY_NOTICE = """\
INVENTED DATA

Every row about a child in this folder is invented: no row describes a real child, and nothing here was
taken from a council's records. Edition {edition}, authorities {authorities}, years {years}, scale {scale},
seed {seed}.

Which council is large and which is small is invented too; how unlike they are in size follows the incidents of
looked-after children missing from placement that the Department for Education published for each council
(SFR34/2015). population.csv is York's, made larger or smaller with each council's invented children.
published_statistics*.csv is not invented: rows for England, Yorkshire and The Humber and York of the
department's statistical releases. Contains public sector information licensed under the Open Government
Licence v3.0.
"""


def generate(
    edition: Edition,
    out: Path,
    *,
    scale: int = 1,
    seed: int = DEFAULT_SEED,
    authorities: int | None = None,
    years: int = 1,
    form: Form = "csv",
) -> Path:
    """Write the sample extracts of one edition to `<out>/<edition>/` and return that folder.

    At scale 1 there is one authority, York, and edition 2016 gives the figures of the source document with any seed.
    At scale N there are N times the rows, spread over up to 15 authorities. The same arguments give the same bytes.

    With `authorities`, the extracts are those of so many councils, as unlike in size as the department's, and of
    `years` years up to the edition's: about N times the rows of one council altogether, written as a stream.

    Raises UsageFault for a scale below 1 or a folder that holds something other than a sample; MachineFault where the
    folder cannot be written.
    """
    if scale < 1:
        raise UsageFault("The scale of a sample is a whole number from 1.")
    folder = out / edition.name
    if folder.exists() and not (folder / SAMPLE_MARKER).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageFault(f"{folder} is there already and is no sample. Name another folder, or move it away first.")
    if years != 1 and authorities is None:
        raise UsageFault("Several years are for a sample of several authorities: say how many with --authorities.")
    plan = None
    if authorities is not None:
        plan = Plan(edition, authorities, years, scale, seed)
        check_plan(plan)
    try:
        with _being_written(folder) as place:
            if plan is None:
                _write_all(edition, scale, seed, place, form)
            else:
                write_country(plan, place, form)
                _write_notices(place, _COUNTRY_NOTICE, plan)
    except OSError as problem:
        raise MachineFault(f"The sample could not be written to {folder}: {problem.strerror}.") from problem
    return folder


def _write_all(edition: Edition, scale: int, seed: int, folder: Path, form: Form) -> None:
    authorities = np.array([AUTHORITIES[unit % len(AUTHORITIES)] for unit in range(scale)])
    missing, interviews = write_episodes(edition, seed, authorities)
    tables: dict[str, Mapping[str, Texts]] = {"missing_episodes": missing}
    if interviews is not None:
        tables["return_interviews"] = interviews
    tables.update(write_education(edition, seed, authorities))
    tables["population"] = write_population(edition, authorities)
    for name, table in tables.items():
        if form == "csv":
            (folder / f"{name}.csv").write_text(_as_csv(table), encoding="utf-8", newline="")
        else:
            write_batches(iter([as_batch(table)]), folder / f"{name}.parquet", form)
    _write_notices(folder, _NOTICE, Plan(edition, 1, 1, scale, seed))


def _write_notices(folder: Path, notice: str, plan: Plan) -> None:
    files = dict(published_files())
    files[SAMPLE_MARKER] = notice.format(
        edition=plan.edition.name, authorities=plan.authorities, years=plan.years, scale=plan.scale, seed=plan.seed
    )
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")


def _as_csv(table: Mapping[str, Texts]) -> str:
    """No value of a sample holds a comma, a quotation mark or a line break, so none is quoted."""
    rows = map(",".join, zip(*(column.tolist() for column in table.values()), strict=True))
    return "\n".join([",".join(table), *rows, ""])


@contextmanager
def _being_written(folder: Path) -> Iterator[Path]:
    """A place beside the folder, which then takes the folder's: a sample is there whole or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    place = folder.parent / f".{folder.name}.being-written"
    if place.exists():
        shutil.rmtree(place)
    place.mkdir()
    yield place
    if folder.exists():
        shutil.rmtree(folder)
    place.rename(folder)
