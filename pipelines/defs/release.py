"""From the warehouse to the two exits: exact figures for those entitled to them, protected figures for everybody else."""

import json
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import dagster as dg

from pipelines import paths, register
from pipelines.defs.books import read_exact_releases, read_published_statistics, read_releases
from pipelines.defs.workers import open_workers
from pipelines.defs.workspace import EDITIONS, REASON_TAG, EditionRun, Workspace
from pipelines.disclosure.authorities import are_many, protect_authorities
from pipelines.disclosure.external import facts_from
from pipelines.disclosure.relations import read_relations
from pipelines.disclosure.release import ProtectedRelease
from pipelines.figures import Figure, FigureKey, Metric, Period, PublicFigure
from pipelines.lockdown import connect
from pipelines.publishing.downloads import FIGURES, SCORECARD, write_restricted_figures, write_side_by_side


@dg.asset(group_name="release", partitions_def=EDITIONS, deps=["figures", "scorecard_figures"], kinds={"duckdb"})
def exact_figures(context: dg.AssetExecutionContext, workspace: Workspace) -> list[Figure]:
    """Every figure of the edition as it is, the scorecard's quarters and terms in a file of their own. Restricted: read by the
    restricted pack and by disclosure, by nothing else."""
    run = workspace.open(context)
    figures = read_figures(run.warehouse, run.admitted)
    restricted = run.staged / "restricted"
    restricted.mkdir(parents=True, mode=0o700)
    write_restricted_figures((f for f in figures if not f.key.is_over_time), restricted / FIGURES)
    write_restricted_figures((f for f in figures if f.key.is_over_time), restricted / SCORECARD)
    context.add_output_metadata({"figures": len(figures)})
    return figures


@dg.asset(group_name="release", partitions_def=EDITIONS, ins={"figures": dg.AssetIn("exact_figures")})
def protected_release(
    context: dg.AssetExecutionContext, workspace: Workspace, figures: list[Figure]
) -> ProtectedRelease:
    """All figures of the edition protected together, against what is public now and was before, with the attacker's record.

    Of all councils at once: what is hidden for one depends on what the others show, so that there is no release of one alone.
    """
    run = workspace.open(context)
    release = protect_edition(run, figures, reason=context.run.tags.get(REASON_TAG))
    record = {**release.audit.as_json(), "attacks_prevented": list(release.attacks_prevented)}
    run.disclosure.write_text(json.dumps(record, indent=1, sort_keys=True), "utf-8")
    audit = run.staged / "restricted" / "audit"
    audit.mkdir(mode=0o700, exist_ok=True)
    write_side_by_side(figures, release.candidates, {h.key: h.text for h in release.hidden}, audit / "protection.csv")
    context.add_output_metadata({"hidden": len(release.hidden), "questions": release.audit.questions})
    return release


@dg.asset_check(asset=protected_release, blocking=True)
def nothing_hidden_can_be_worked_out(protected_release: ProtectedRelease) -> dg.AssetCheckResult:
    """Every hidden count could be the threshold or more, and its possible values lie apart, whatever else is public."""
    audit = protected_release.audit
    return dg.AssetCheckResult(
        passed=audit.ok,
        metadata={
            "problems": dg.MetadataValue.md("\n".join(f"- {problem}" for problem in audit.problems) or "None."),
            "hidden counts": audit.counts_hidden,
            "narrowest interval": min(audit.widths.values(), default=0),
            "questions asked": audit.questions,
            "known from earlier editions": len(audit.already_known),
        },
    )


@dg.asset(group_name="release", partitions_def=EDITIONS)
def protected_figures(context: dg.AssetExecutionContext, protected_release: ProtectedRelease) -> list[PublicFigure]:
    """Every figure of the edition as the public side may show it: the only figures that the public side can see."""
    figures = protected_release.figures
    context.add_output_metadata(
        {"figures": len(figures), "hidden": sum(figure.status == "suppressed" for figure in figures)}
    )
    return figures


def protect_edition(run: EditionRun, figures: list[Figure], *, reason: str | None) -> ProtectedRelease:
    """The figures of the edition protected against every other release that the folder and the batch hold, and against what
    the department prints about the same children."""
    metrics, categories = register.read_metrics(), register.read_categories()
    relations = read_relations(paths.RELATIONS.read_text("utf-8"), metrics, categories)
    periods = {figure.key: Period(figure.period_start, figure.period_end, figure.as_at) for figure in figures}
    target, many = run.choose_target(reason).name, are_many(figures)
    with open_workers(needed=many) as each:
        return protect_authorities(
            figures,
            metrics,
            categories,
            run.policy,
            relations,
            earlier=read_releases(run, target),
            external_facts=facts_from(read_published_statistics(run), relations, periods),
            each=each,
            exact_before=read_exact_releases(run, target) if many else (),
        )


def read_figures(warehouse: Path, admitted: Path) -> list[Figure]:
    """The rows of the `figures` and `scorecard_figures` marts, sorted by key. Nothing is worked out here."""
    metrics = register.read_metrics()
    with connect(warehouse, reach=admitted, read_only=True) as connection:
        rows = connection.execute(
            "select edition, authority, metric_id, breakdown, category, numerator, denominator, value, unit, status,"
            " period_start, period_end, as_at, contributors"
            " from (from figures union all from scorecard_figures)"
        ).fetchall()
    figures = [
        Figure(
            FigureKey(*row[:5]),
            _whole(row[5]),
            _whole(row[6]),
            _as_printed(row[7], metrics[row[2]]),
            *row[8:],
        )
        for row in rows
    ]
    return sorted(figures, key=lambda figure: figure.key)


def _whole(number: object) -> Decimal | None:
    return None if number is None else Decimal(str(number)).quantize(Decimal(1), ROUND_HALF_UP)


def _as_printed(number: object, metric: Metric) -> Decimal | None:
    """The value with the decimals that the contract prints: none for counts, one for all else."""
    if number is None:
        return None
    places = Decimal(1) if metric.kind in ("count", "maximum") else Decimal("0.1")
    return Decimal(str(number)).quantize(places, ROUND_HALF_UP)
