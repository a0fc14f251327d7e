"""The last two steps: a finished edition is sealed, and what readers see is switched to it."""

import getpass
import json
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from pipelines.defs.archive import archive_extracts
from pipelines.defs.councils import tell_councils
from pipelines.defs.inputs import describe_code
from pipelines.defs.provenance import describe_commit, describe_making
from pipelines.defs.rewording import keep_parts
from pipelines.defs.store import forget_parts
from pipelines.defs.templates import describe_template
from pipelines.defs.workspace import BATCH_TAG, EDITIONS, REASON_TAG, Workspace
from pipelines.editions.manifest import ManifestFacts, Policy
from pipelines.editions.publication import Act, install_editions
from pipelines.editions.seal import seal_edition
from pipelines.editions.state import describe_folder, find_previous, list_editions
from pipelines.editions.working import hand_out_copies, show_copy
from pipelines.intake.explanations import read_explanations
from pipelines.keeping import tell_made
from pipelines.publishing.index import index_page


@dg.asset(
    group_name="edition",
    partitions_def=EDITIONS,
    deps=[
        "open_data",
        "story_board",
        "foi_answers",
        "inspection_pack",
        "workbook",
        "public_board_pack",
        "dmt_report",
        "board_pack",
        "scorecard",
        "register_review",
        "interview_review",
        "census_reconciliation",
        "public_scorecard",
        "public_dmt_report",
        "quality",
        "audit_trail",
    ],
)
def sealed_edition(context: dg.AssetExecutionContext, workspace: Workspace) -> dg.MaterializeResult[None]:
    """The edition with its manifest: every file and its hash, what it was made from, by which code, after which edition."""
    run = workspace.open(context)
    staged = {folder.name: describe_folder(folder, folder.name) for folder in run.list_sealed()}
    states = [s for s in list_editions(run.output) if s.name not in staged] + list(staged.values())
    target = run.choose_target(context.run.tags.get(REASON_TAG))
    if target.action == "keep":
        raise dg.Failure(
            f"Edition {target.name} is published, and its input is what it was made from: there is nothing to make.",
            allow_retries=False,
        )
    previous = find_previous(states, run.edition.name)
    facts = ManifestFacts(
        edition=run.edition.name,
        version=target.version,
        policy=Policy(run.policy.threshold, run.policy.base),
        extracts=run.list_extracts(),
        code=describe_code(),
        inputs=run.digest_inputs(),
        previous=previous.sealed if previous else None,
        corrects=target.corrects,
        is_invented=run.is_invented,
        further={
            "disclosure": json.loads(run.disclosure.read_text("utf-8")),
            "explanations": [
                each.model_dump(mode="json", exclude_none=True) for each in read_explanations(run.extracts)
            ],
            "template": describe_template(run.extracts),
            "engine": run.through,
            **describe_making(json.loads((run.dbt_artifacts / "manifest.json").read_text("utf-8"))),
        },
    )
    sha256 = seal_edition(run.staged, facts)
    run.sealed.mkdir(parents=True, exist_ok=True, mode=0o700)
    run.staged.rename(run.sealed / target.name)
    place = run.output.editions / target.name
    return dg.MaterializeResult(
        metadata={
            "edition": target.name,
            "manifest_sha256": sha256,
            "action": target.action,
            "folder": dg.MetadataValue.path(str(place)),
            "made and reused": dg.MetadataValue.md("\n".join(f"- {told}" for told in tell_made()) or "All was made."),
            "report": dg.MetadataValue.path(str(find_report(run.sealed / target.name, place))),
        }
    )


def find_report(sealed: Path, place: Path) -> Path:
    """Where the report to the DMT will stand; with several authorities the folder in which each has a folder of its own."""
    report = Path("restricted", "dmt-report.docx")
    return place / (report if (sealed / report).is_file() else report.parent)


@dg.asset(group_name="edition", partitions_def=EDITIONS, deps=[sealed_edition])
def site(context: dg.AssetExecutionContext, workspace: Workspace) -> dg.MaterializeResult[None]:
    """What readers see, switched in one step to every edition that this run, or the command's batch of runs, has sealed."""
    run = workspace.open(context)
    reason = context.run.tags.get(REASON_TAG)
    sealed = {folder.name: folder for folder in run.list_sealed()}
    act = Act(getpass.getuser(), datetime.now(UTC).astimezone(), context.run_id, describe_commit())
    for folder in sealed.values():
        archive_extracts(folder, run.extracts.parent, run.output, act)
    changed = install_editions(
        sealed,
        run.output,
        act,
        index_page,
        reasons=dict.fromkeys(sealed, reason) if reason else None,
    )
    tell_councils(run.output, sealed, context.instance, context.log_event)
    if BATCH_TAG not in context.run.tags:
        for name in sealed:
            keep_parts(run, name)
        forget_parts(run.output)
    # The command hands them out itself, when all of its editions are in place, and says what changed.
    copies = [] if BATCH_TAG in context.run.tags else hand_out_copies(run.output, names=[run.edition.name])
    return dg.MaterializeResult(
        metadata={
            "copies": dg.MetadataValue.md("\n\n".join(map(show_copy, copies)) or "none is new"),
            "editions": ", ".join(sorted(sealed)),
            "changed": ", ".join(changed) or "none: the same files were there already",
            "site": dg.MetadataValue.path(str(run.output.site / "index.html")),
        }
    )
