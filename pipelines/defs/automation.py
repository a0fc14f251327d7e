"""Jobs, one for each purpose, and the schedules that may start them: every schedule is off until somebody switches it on.

Times are those of `storyboard.yml`. What is done stands with the assets; nothing here publishes.
"""

import os
from datetime import date, datetime
from pathlib import Path
from typing import Any

import dagster as dg

from pipelines import paths
from pipelines.defs import councils
from pipelines.defs.between_editions import draw_up_review
from pipelines.defs.configuration import read_from_environment
from pipelines.defs.extracts import FOLDER
from pipelines.defs.notices import remind
from pipelines.defs.papers import PAPERS_BETWEEN
from pipelines.defs.workspace import EDITIONS

_BESIDE = dg.AssetSelection.assets(
    *(asset.key for asset in PAPERS_BETWEEN.values()),
    *(asset.key for asset in councils.assets if councils.are_several()),
)
"""What is made beside editions, from their figures or their extracts."""
_TIMES = read_from_environment().schedules

edition = dg.define_asset_job(
    "edition",
    selection=dg.AssetSelection.all() - _BESIDE,
    executor_def=dg.in_process_executor,
    description="The whole way for one edition: gate, figures, protection, pages, papers, seal, switch. It makes a draft.",
)

check = dg.define_asset_job(
    "check",
    selection=dg.AssetSelection.assets(FOLDER).required_multi_asset_neighbors(),
    executor_def=dg.in_process_executor,
    description="The gate alone, each rule a check: what is wrong, where, and how to mend it. Builds nothing.",
)

between = {
    name: dg.define_asset_job(
        # An asset has the bare name already.
        f"{name}_today",
        selection=dg.AssetSelection.assets(asset.key).upstream().required_multi_asset_neighbors(),
        executor_def=dg.in_process_executor,
        description=f"The {name.replace('_', ' ')} between editions, from the extracts as they are now, into `papers/<date>/`.",
    )
    for name, asset in PAPERS_BETWEEN.items()
}


@dg.op(description="A plain file beside the extracts says that the next edition is due.")
def remind_of_the_edition(context: dg.OpExecutionContext) -> None:
    remind(_latest(context.instance))


@dg.job(executor_def=dg.in_process_executor, description="The reminder that a new edition is due. Builds nothing.")
def reminder() -> None:
    remind_of_the_edition()


@dg.op(description="The lists, workbooks and summary of a review as at today, in papers/<date>/. Restricted.")
def draw_up_the_review(context: dg.OpExecutionContext) -> None:
    made = draw_up_review(
        date.today(),
        Path(os.environ["STORYBOARD_EXTRACTS"]),
        paths.Output(Path(os.environ["STORYBOARD_OUTPUT"])),
        encoding=os.environ["STORYBOARD_ENCODING"],
    )
    context.add_output_metadata({"papers": dg.MetadataValue.path(str(made.folder)), "cases": made.cases})


@dg.job(
    executor_def=dg.in_process_executor,
    description="The review of the register as at today: lists and workbooks in `papers/<date>/`. No edition changes.",
)
def register_review_today() -> None:
    draw_up_the_review()


def _latest(instance: dg.DagsterInstance) -> str | None:
    return max(instance.get_dynamic_partitions(str(EDITIONS.name)), default=None)


def _schedule_paper(name: str, cron: str) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=name,
        job=between[name],
        cron_schedule=cron,
        execution_timezone=_TIMES.time_zone,
        description=f"Starts the job {name}_today for the latest edition. Off until it is switched on.",
    )
    def start(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        latest = _latest(context.instance)
        if latest is None:
            return dg.SkipReason("No edition is known yet: start the UI with a folder of extracts.")
        return dg.RunRequest(run_key=_day(context), partition_key=latest)

    return start


def _day(context: dg.ScheduleEvaluationContext) -> str:
    when: datetime = context.scheduled_execution_time
    return when.date().isoformat()


annual_reminder = dg.ScheduleDefinition(
    name="annual_reminder",
    job=reminder,
    cron_schedule=_TIMES.annual_reminder,
    execution_timezone=_TIMES.time_zone,
    description="Says in January that a new edition is due. Off until it is switched on.",
)

register_review = dg.ScheduleDefinition(
    name="register_review",
    job=register_review_today,
    cron_schedule=_TIMES.register_review,
    execution_timezone=_TIMES.time_zone,
    description="Draws up the review of the register in February and August. Off until it is switched on.",
)

jobs: list[Any] = [edition, check, register_review_today, *between.values(), reminder]
if councils.are_several():
    jobs.append(councils.job)

schedules = [
    register_review,
    *(_schedule_paper(name, getattr(_TIMES, name)) for name in PAPERS_BETWEEN),
    annual_reminder,
]
