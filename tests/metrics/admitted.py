"""Writes extracts as the gate hands them over: Parquet of text cells, one file per extract, an inventory, the periods.

Plain dictionaries in, files out. Nothing here checks a rule or counts anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

Row = Mapping[str, object]

COLUMNS: dict[str, tuple[str, ...]] = {
    "missing_episodes": (
        "episode_id",
        "child_id",
        "authority",
        "episode_type",
        "started_at",
        "ended_at",
        "end_reason",
        "sex",
        "age",
        "ethnicity",
        "looked_after",
        "placement_type",
        "placement_location",
        "risk_level",
        "exploitation_concern",
        "reported_by",
    ),
    "return_interviews": (
        "interview_id",
        "episode_id",
        "offered_at",
        "response",
        "held_at",
        "interviewer",
        "push_factors",
        "pull_factors",
        "shared_with_police_on",
    ),
    "cme_referrals": (
        "referral_id",
        "child_id",
        "authority",
        "referred_on",
        "closed_on",
        "outcome",
        "sex",
        "phase",
        "ethnicity",
        "first_language",
        "source",
        "circumstance",
    ),
    "school_census": ("child_id", "census_date", "school_id", "entry_date", "leaving_date"),
    "education_risk": ("child_id", "authority", "risk", "started_on", "ended_on", "sex", "phase"),
    "population": ("authority", "group", "year_ending", "population"),
}
NUMBERS = {"age": pa.int32(), "population": pa.int64()}


@dataclass(frozen=True)
class Periods:
    """The two periods of an edition, as (start, end, as_at). Both ends are included."""

    missing: tuple[date, date, date] = (date(2014, 4, 1), date(2015, 3, 31), date(2016, 1, 12))
    education: tuple[date, date, date] = (date(2015, 9, 1), date(2016, 1, 12), date(2016, 1, 12))


@dataclass(frozen=True)
class Extracts:
    """The rows of one edition. An extract that is None is absent; an empty one has a header and no rows."""

    missing_episodes: Sequence[Row] | None = None
    return_interviews: Sequence[Row] | None = None
    cme_referrals: Sequence[Row] | None = None
    school_census: Sequence[Row] | None = None
    education_risk: Sequence[Row] | None = None
    population: Sequence[Row] | None = None
    periods: Periods = field(default_factory=Periods)
    edition: str = "2016"
    last_review_on: date = date(2015, 8, 1)


def write(extracts: Extracts, folder: Path) -> None:
    """Write all eight files into the folder, replacing what is there."""
    folder.mkdir(parents=True, exist_ok=True)
    inventory = []
    for name, columns in COLUMNS.items():
        rows: Sequence[Row] | None = getattr(extracts, name)
        arrays = {c: pa.array([row.get(c) for row in rows or ()], NUMBERS.get(c, pa.string())) for c in columns}
        arrays["source_row"] = pa.array(range(2, len(rows or ()) + 2), pa.int64())
        pq.write_table(pa.table(arrays), folder / f"{name}.parquet")
        inventory.append({"extract": name, "is_present": rows is not None, "rows": len(rows or ()), "sha256": None})
    kinds = pa.schema(
        [("extract", pa.string()), ("is_present", pa.bool_()), ("rows", pa.int64()), ("sha256", pa.string())]
    )
    pq.write_table(pa.Table.from_pylist(inventory, kinds), folder / "inventory.parquet")
    periods = [
        {
            "edition": extracts.edition,
            "collection": name,
            "period_start": start,
            "period_end": end,
            "as_at": as_at,
            "last_review_on": extracts.last_review_on,
        }
        for name in ("missing", "education")
        for start, end, as_at in [getattr(extracts.periods, name)]
    ]
    days = [(name, pa.date32()) for name in ("period_start", "period_end", "as_at", "last_review_on")]
    schema = pa.schema([("edition", pa.string()), ("collection", pa.string()), *days])
    pq.write_table(pa.Table.from_pylist(periods, schema), folder / "edition_periods.parquet")
