"""A project of three models, small enough to be worked out by hand. No test stands here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from pipelines.lineage.project import Model, Project
from pipelines.lineage.trail import Rows

STAGED = """
with admitted as (
    select * from read_parquet(getvariable('admitted') || '/episodes.parquet')
)
select episode_id, child_id, authority, sex, try_cast(started_on as date) as started_on, kind from admitted
"""
EPISODES = """
select
    staged.* exclude (kind),
    staged.kind = 'missing' as is_missing
from "warehouse"."main"."stg_episodes" as staged
inner join "warehouse"."main"."stg_periods" as periods
    on staged.started_on between periods.period_start and periods.period_end
"""
METRIC = """
with counted as (
    select things.authority, 'total' as breakdown, 'all' as category, count(episode_id) as numerator
    from (select * from "warehouse"."main"."episodes" where is_missing) as things
    group by things.authority
    union all
    select things.authority, 'sex' as breakdown, sex as category, count(episode_id) as numerator
    from (select * from "warehouse"."main"."episodes" where is_missing) as things
    group by things.authority, sex
)
select authority, breakdown, category, numerator from counted
"""
PERIODS = "select period_start, period_end from read_parquet(getvariable('admitted') || '/periods.parquet')"
KEYS = 'select period_start from "warehouse"."main"."stg_periods"'


def model(name: str, layer: str, sql: str) -> Model:
    return Model(name, layer, sql.strip(), sql, f"What {name} is.", {})


PROJECT = Project(
    {
        m.name: m
        for m in (
            model("stg_episodes", "staging", STAGED),
            model("stg_periods", "staging", PERIODS),
            model("episodes", "marts", EPISODES),
            model("missing_episodes", "metrics", METRIC),
            model("figure_keys", "figures", KEYS),
        )
    },
    {
        "episodes": ("episode_id", "child_id", "authority", "sex", "started_on", "kind", "reported_by"),
        "periods": ("period_start", "period_end"),
    },
    {},
    (),
)


@contextmanager
def warehouse(folder: Path, episodes: Sequence[tuple[str, ...]]) -> Iterator[Rows]:
    """The project run on these episodes (all columns of the extract but the authority and who reported them)."""
    with duckdb.connect(":memory:") as connection:
        connection.execute("attach ':memory:' as warehouse")
        connection.execute("set variable admitted = $f", {"f": str(folder)})
        rows = ", ".join(f"('{i}', '{c}', 'E', '{s}', '{d}', '{k}', null)" for i, c, s, d, k in episodes)
        columns = ", ".join(PROJECT.extracts["episodes"])
        connection.execute(f"copy (select * from (values {rows}) as t ({columns})) to '{folder}/episodes.parquet'")
        connection.execute(
            f"copy (select date '2015-04-01' as period_start, date '2016-03-31' as period_end)"
            f" to '{folder}/periods.parquet'"
        )
        for each in PROJECT.models.values():
            connection.execute(f"create table warehouse.main.{each.name} as {each.sql}")
        connection.execute(
            "create table figures as select 'missing_episodes' as metric_id from warehouse.main.missing_episodes"
        )

        def run(sql: str) -> Sequence[Sequence[Any]]:
            return connection.execute(sql).fetchall()

        yield run
