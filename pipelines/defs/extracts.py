"""The extracts as gated assets: what the gate admits becomes Parquet, what it refuses stops the run with its findings."""

import json
from collections.abc import Iterator
from typing import Any

import dagster as dg

from pipelines.defs.examined import examine_once
from pipelines.defs.workspace import EDITIONS, Workspace
from pipelines.intake.admission import admit
from pipelines.intake.gate import Examination
from pipelines.intake.quarantine import quarantine
from pipelines.intake.review_answers import choose_last, find_reviews
from pipelines.intake.rules import RULES
from pipelines.intake.schemas import EXTRACTS, read_schema

BESIDE = {
    "published_statistics": "What the department publishes, as it prints it; read by pages, never mixed with our figures.",
    "inventory": "Which of the extracts were there, with their rows and hashes.",
    "edition_periods": "The period of each collection of the edition.",
}


def _key(extract: str) -> dg.AssetKey:
    return dg.AssetKey(["extracts", extract])


FOLDER = _key("inventory")
"""Stands for the folder of extracts as a whole: each rule of the gate is a check on it."""


@dg.multi_asset(
    name="extracts",
    group_name="extracts",
    partitions_def=EDITIONS,
    specs=[dg.AssetSpec(_key(name), kinds={"parquet"}, description=read_schema(name).description) for name in EXTRACTS]
    + [dg.AssetSpec(_key(name), kinds={"parquet"}, description=description) for name, description in BESIDE.items()],
    check_specs=[
        dg.AssetCheckSpec("gate", asset=_key(name), blocking=True, description="No finding of severity error.")
        for name in EXTRACTS
    ]
    + [
        dg.AssetCheckSpec(
            code, asset=FOLDER, blocking=rule.severity == "error", description=f"{rule.sentence} {rule.mend}"
        )
        for code, rule in RULES.items()
    ],
)
def extracts(
    context: dg.AssetExecutionContext, workspace: Workspace
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    run = workspace.start(context)
    examination = examine_once(run.extracts, run.edition, encoding=run.encoding, authority=run.authority)
    run.examination.write_text(json.dumps(_state(examination), indent=2) + "\n", "utf-8", newline="\n")
    yield from (_check(examination, name) for name in EXTRACTS)
    yield from (_check_rule(examination, code) for code in RULES)
    if not examination.ok:
        told = [f"{finding.message} {finding.fix}" for finding in examination.findings if finding.severity == "error"]
        raise dg.Failure(
            description=" ".join(
                [f"Edition {run.edition.name} is refused.", *told, *quarantine(examination, run.extracts)]
            ),
            allow_retries=False,
        )
    last = choose_last(find_reviews(run.extracts), "register", run.edition.periods["education"].as_at)
    admit(examination, run.edition, run.admitted, last_review_on=last.as_at if last else None)
    for name in (*EXTRACTS, *BESIDE):
        summary = examination.extracts.get(name)
        facts: dict[str, int | str] = {"rows": summary.rows, "sha256": summary.sha256} if summary else {}
        yield dg.MaterializeResult(asset_key=_key(name), metadata=facts)


def _check(examination: Examination, extract: str) -> dg.AssetCheckResult:
    findings = [finding for finding in examination.findings if finding.extract == extract]
    errors = [finding for finding in findings if finding.severity == "error"]
    return dg.AssetCheckResult(
        check_name="gate",
        asset_key=_key(extract),
        passed=not errors,
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={
            "errors": len(errors),
            "queries": len(findings) - len(errors),
            "findings": dg.MetadataValue.md(
                "\n".join(f"- `{f.rule}` {f'line {f.row}: ' if f.row else ''}{f.message} {f.fix}" for f in findings)
                or "None."
            ),
        },
    )


def _check_rule(examination: Examination, code: str) -> dg.AssetCheckResult:
    """One rule over the whole folder, under the code that `check` prints."""
    found = [finding for finding in examination.findings if finding.rule == code]
    is_error = RULES[code].severity == "error"
    return dg.AssetCheckResult(
        check_name=code,
        asset_key=FOLDER,
        passed=not found,
        severity=dg.AssetCheckSeverity.ERROR if is_error else dg.AssetCheckSeverity.WARN,
        metadata={"findings": len(found), "extracts": ", ".join(sorted({str(f.extract) for f in found}))},
    )


def _state(examination: Examination) -> dict[str, Any]:
    """The gate's result as `check` prints it, with the rows in and out of the edition's period."""
    state = examination.as_json()
    for name, extract in state["extracts"].items():
        summary = examination.extracts[name]
        extract |= {"kept": summary.kept, "out_of_period": summary.out_of_period, "file": summary.path_name}
    return state
