"""The four how-tos of CONTRIBUTING.md, walked through in a copy of the project: a metric, an extract, a page, an edition."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines import paths
from pipelines.figures import Edition
from pipelines.intake.calendar import read_calendar
from pipelines.intake.sample import generate

PARTS = (
    "pipelines",
    "dbt_project",
    "docs",
    "schemas",
    "mkdocs.yml",
    "dagster.yaml",
    "policy.yml",
    "publication.yml",
    "requirements",
)
CALENDAR = """edition,collection,period_start,period_end,as_at
2019,missing,2017-04-01,2018-03-31,2019-01-12
2019,education,2018-09-01,2019-01-12,2019-01-12
2020,missing,2018-04-01,2019-03-31,2020-01-12
2020,education,2019-09-01,2020-01-12,2020-01-12
"""
SCHEMA = {
    "name": "exclusions",
    "order": 7,
    "title": "Exclusions",
    "description": "One row per exclusion.",
    "fields": [
        {
            "name": "exclusion_id",
            "type": "string",
            "title": "Exclusion",
            "description": "The id.",
            "constraints": {"required": True, "unique": True, "pattern": "^[A-Za-z0-9_-]{1,64}$"},
        },
        {
            "name": "child_id",
            "type": "string",
            "title": "Child",
            "description": "The pseudonym.",
            "constraints": {"required": True, "pattern": "^[A-Za-z0-9_-]{1,64}$"},
        },
        {
            "name": "authority",
            "type": "string",
            "title": "Authority",
            "description": "The ONS code.",
            "constraints": {"pattern": "^E[0-9]{8}$"},
        },
        {
            "name": "excluded_on",
            "type": "date",
            "title": "Excluded",
            "description": "The day.",
            "constraints": {"required": True, "minimum": "1990-01-01", "maximum": "2099-12-31"},
        },
    ],
    "primaryKey": ["exclusion_id"],
    "missingValues": [""],
}
ENTRY = """
  - name: {name}
    description: {description}
    config:
      meta:
        label: {label}
        unit: {unit}
        collection: {collection}
        kind: count
        needs: [{needs}]
{more}"""


def append(file: Path, text: str) -> None:
    file.write_text(file.read_text("utf-8").rstrip("\n") + "\n" + text, "utf-8")


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text, f"{file.name} has no {old}"
    file.write_text(text.replace(old, new, 1), "utf-8")


def add_metric(project: Path, name: str, sql: str, **entry: str) -> None:
    metrics = project / "dbt_project" / "models" / "metrics"
    (metrics / f"{name}.sql").write_text(sql + "\n", "utf-8")
    append(metrics / "_metrics.yml", ENTRY.format(name=name, **entry).lstrip("\n"))
    replace(project / "dbt_project" / "macros" / "metric_list.sql", "\n]) -%}", f",\n    '{name}'\n]) -%}}")


def relate_metrics(project: Path) -> None:
    relations = project / "dbt_project" / "relations.yml"
    replace(
        relations,
        "relations:\n",
        "relations:\n"
        "  - says: episodes_that_schools_reported = episodes_reported[reported_by=school]\n"
        "    because: Both count the episodes that a school reported.\n",
    )
    replace(relations, "stand_alone:\n", "stand_alone:\n  exclusions_recorded: Nothing else counts exclusions.\n")


def add_extract(project: Path) -> None:
    (project / "schemas" / "exclusions.json").write_text(json.dumps(SCHEMA), "utf-8")
    staging = project / "dbt_project" / "models" / "staging"
    append(staging / "_sources.yml", "      - name: exclusions\n        description: One row per exclusion.\n")
    (staging / "stg_exclusions.sql").write_text(
        "select child_id, authority, cast(excluded_on as date) as excluded_on\n"
        "from {{ source('extracts', 'exclusions') }}\n",
        "utf-8",
    )


def add_page(project: Path) -> None:
    (project / "docs" / "education" / "exclusions.md").write_text(
        "# Exclusions\n\n"
        '{% if available("exclusions_recorded") %}\n'
        '{{ figure("exclusions_recorded") }} exclusions were recorded.\n'
        "{% else %}\nThis is not available for this edition.\n{% endif %}\n\n"
        'Schools reported {{ figure("episodes_that_schools_reported") }} episodes.\n',
        "utf-8",
    )
    replace(
        project / "mkdocs.yml",
        "      - education/voice.md\n",
        "      - education/voice.md\n      - education/exclusions.md\n",
    )


def add_editions(extracts: Path) -> None:
    (extracts / "editions.csv").parent.mkdir(parents=True)
    (extracts / "editions.csv").write_text(CALENDAR, "utf-8")
    calendar: dict[str, Edition] = read_calendar(extracts)
    for name in ("2019", "2020"):
        generate(calendar[name], extracts)
    rows = [f"X{n},C{n},,2018-10-{n:02}" for n in range(1, 13)]
    (extracts / "2019" / "exclusions.csv").write_text(
        "\n".join(["exclusion_id,child_id,authority,excluded_on", *rows]) + "\n", "utf-8"
    )


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = tmp_path_factory.mktemp("project")
    for part in PARTS:
        source = paths.PROJECT / part
        if source.is_dir():
            shutil.copytree(source, project / part, ignore=shutil.ignore_patterns("__pycache__", "target", "logs"))
        else:
            shutil.copy(source, project / part)
    add_extract(project)
    add_metric(
        project,
        "exclusions_recorded",
        "{{ figures_from(ref('stg_exclusions'), count='child_id') }}",
        description="Exclusions recorded.",
        label="Exclusions recorded",
        unit="citations",
        collection="education",
        needs="exclusions",
        more="",
    )
    add_metric(
        project,
        "episodes_that_schools_reported",
        "{{ figures_from(ref('episodes'), count='episode_id', where=\"reported_by = 'school'\") }}",
        description="Episodes of the period that a school reported.",
        label="Episodes that schools reported",
        unit="episodes",
        collection="missing",
        needs="missing_episodes",
        more="        breakdowns: [sex]\n",
    )
    relate_metrics(project)
    add_page(project)
    add_editions(project / "in")
    done = subprocess.run(
        [sys.executable, "-m", "pipelines", "build", "--extracts", "in", "--output", "out"],
        cwd=project,
        env={"PYTHONPATH": str(project), "PATH": os.environ["PATH"], "HOME": str(project)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return project / "out"


def figures(output: Path, edition: str) -> dict[tuple[str, str, str], dict[str, str]]:
    with (output / "editions" / edition / "restricted" / "figures.csv").open(encoding="utf-8", newline="") as file:
        return {(row["metric_id"], row["breakdown"], row["category"]): row for row in csv.DictReader(file)}


def test_a_metric_is_its_file_and_its_entry(output: Path):
    found = figures(output, "2019")
    total = found["episodes_that_schools_reported", "total", "all"]
    assert total["value"] == found["episodes_reported", "reported_by", "school"]["value"]
    by_sex = [
        row for (metric, cut, _), row in found.items() if (metric, cut) == ("episodes_that_schools_reported", "sex")
    ]
    assert sum(int(row["value"]) for row in by_sex) == int(total["value"]) > 0


def test_an_extract_is_its_schema_its_staging_model_and_its_source_line(output: Path):
    assert figures(output, "2019")["exclusions_recorded", "total", "all"]["value"] == "12"
    assert figures(output, "2020")["exclusions_recorded", "total", "all"]["status"] == "not_available"


def test_a_page_is_its_file_and_its_line_in_the_navigation(output: Path):
    page = (output / "site" / "2019" / "education" / "exclusions.html").read_text("utf-8")
    assert 'data-figure="2019/E06000014/exclusions_recorded/total/all"' in page
    absent = (output / "site" / "2020" / "education" / "exclusions.html").read_text("utf-8")
    assert "not available for this edition" in absent


def test_an_edition_is_its_rows_and_its_files(output: Path):
    assert sorted(folder.name for folder in (output / "editions").iterdir()) == ["2019", "2020"]
