"""Writes extract files for the tests of the gate: sound rows, changed where a test says so. No checks are made here."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

from pipelines.figures import Edition, Period

EDITION = Edition(
    "2016",
    {
        "missing": Period(date(2014, 4, 1), date(2015, 3, 31), date(2016, 1, 12)),
        "education": Period(date(2015, 9, 1), date(2016, 1, 12), date(2016, 1, 12)),
    },
)

Row = Mapping[str, str]

SOUND: dict[str, list[dict[str, str]]] = {
    "missing_episodes": [
        {
            "episode_id": "ep-one",
            "child_id": "kid-alpha",
            "authority": "",
            "episode_type": "missing",
            "started_at": "2014-05-01T22:10",
            "ended_at": "2014-05-02T07:40",
            "end_reason": "returned",
            "sex": "female",
            "age": "14",
            "ethnicity": "white",
            "looked_after": "true",
            "placement_type": "foster",
            "placement_location": "in_area",
            "risk_level": "medium",
            "exploitation_concern": "none",
            "reported_by": "carer",
        },
        {
            "episode_id": "ep-two",
            "child_id": "kid-alpha",
            "authority": "E06000014",
            "episode_type": "absent",
            "started_at": "2014-06-11T16:00:30",
            "ended_at": "2014-06-11T23:00Z",
            "end_reason": "",
            "sex": "female",
            "age": "14",
            "ethnicity": "",
            "looked_after": "true",
            "placement_type": "",
            "placement_location": "",
            "risk_level": "",
            "exploitation_concern": "",
            "reported_by": "",
        },
        {
            "episode_id": "ep-three",
            "child_id": "kid-beta",
            "authority": "",
            "episode_type": "missing",
            "started_at": "2015-03-30",
            "ended_at": "",
            "end_reason": "",
            "sex": "male",
            "age": "",
            "ethnicity": "not_known",
            "looked_after": "false",
            "placement_type": "",
            "placement_location": "",
            "risk_level": "",
            "exploitation_concern": "",
            "reported_by": "family",
        },
    ],
    "return_interviews": [
        {
            "interview_id": "talk-one",
            "episode_id": "ep-one",
            "offered_at": "2014-05-02T09:00",
            "response": "accepted",
            "held_at": "2014-05-04T10:00",
            "interviewer": "independent",
            "push_factors": "bullying;boundaries",
            "pull_factors": "",
            "shared_with_police_on": "2014-05-05",
        },
        {
            "interview_id": "talk-one",
            "episode_id": "ep-two",
            "offered_at": "",
            "response": "",
            "held_at": "2014-05-04T09:00Z",
            "interviewer": "independent",
            "push_factors": "boundaries;bullying",
            "pull_factors": "",
            "shared_with_police_on": "2014-05-05",
        },
    ],
    "cme_referrals": [
        {
            "referral_id": "ref-one",
            "child_id": "kid-gamma",
            "authority": "",
            "referred_on": "2015-10-05",
            "closed_on": "2015-11-01",
            "outcome": "on_roll_elsewhere",
            "sex": "male",
            "phase": "primary",
            "ethnicity": "",
            "first_language": "english",
            "source": "school",
            "circumstance": "traveller",
        },
        {
            "referral_id": "ref-two",
            "child_id": "kid-beta",
            "authority": "",
            "referred_on": "2015-12-01",
            "closed_on": "",
            "outcome": "",
            "sex": "male",
            "phase": "secondary",
            "ethnicity": "other",
            "first_language": "",
            "source": "",
            "circumstance": "",
        },
    ],
    "school_census": [
        {
            "child_id": "kid-gamma",
            "census_date": "2015-10-01",
            "school_id": "school-9",
            "entry_date": "2012-09-01",
            "leaving_date": "2015-10-03",
        }
    ],
    "education_risk": [
        {
            "child_id": "kid-gamma",
            "authority": "",
            "risk": "medical",
            "started_on": "2015-09-09",
            "ended_on": "",
            "sex": "male",
            "phase": "primary",
        }
    ],
    "population": [
        {"authority": "E06000014", "group": "children_0_17", "year_ending": "2014-06-30", "population": "36043"}
    ],
}


def sound_rows(extract: str) -> list[dict[str, str]]:
    """A copy of the sound rows of an extract, to be changed."""
    return [dict(row) for row in SOUND[extract]]


def as_csv(rows: Sequence[Row], columns: Iterable[str] | None = None) -> str:
    """Rows as an analyst's export would have them: CRLF, quoted where need be."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(columns or rows[0]), extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def header_of(extract: str) -> str:
    """The header line of an extract, with its line end."""
    return ",".join(SOUND[extract][0]) + "\r\n"


def write_extract(
    folder: Path, extract: str, rows: Sequence[Row] | None = None, columns: Iterable[str] | None = None
) -> Path:
    """Write one extract as CSV: the sound rows, or those given."""
    path = folder / f"{extract}.csv"
    path.write_text(as_csv(SOUND[extract] if rows is None else rows, columns), "utf-8", newline="")
    return path


def write_sound_folder(folder: Path, *extracts: str) -> None:
    """Write the extracts named, or all six, as sound files."""
    for extract in extracts or SOUND:
        write_extract(folder, extract)
