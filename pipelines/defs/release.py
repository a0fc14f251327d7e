"""From the warehouse to the two exits: exact figures for those entitled to them, protected figures for everybody else."""

from decimal import ROUND_HALF_UP, Decimal

import dagster as dg
import duckdb

from pipelines import register
from pipelines.defs.workspace import EDITIONS, EditionRun, Workspace
from pipelines.disclosure.protection import protect
from pipelines.figures import Figure, FigureKey, Metric, PublicFigure
from pipelines.publishing.downloads import write_restricted_figures


@dg.asset(group_name="release", partitions_def=EDITIONS, deps=["figures"], kinds={"duckdb"})
def exact_figures(context: dg.AssetExecutionContext, workspace: Workspace) -> list[Figure]:
    """Every figure of the edition as it is. Restricted: read by the restricted pack and by disclosure, by nothing else."""
    run = workspace.open(context)
    figures = read_figures(run)
    restricted = run.staged / "restricted"
    restricted.mkdir(parents=True, mode=0o700)
    write_restricted_figures(figures, restricted / "figures.csv")
    context.add_output_metadata({"figures": len(figures)})
    return figures


@dg.asset(group_name="release", partitions_def=EDITIONS)
def protected_figures(
    context: dg.AssetExecutionContext, workspace: Workspace, exact_figures: list[Figure]
) -> list[PublicFigure]:
    """Every figure of the edition as the public side may show it: the only figures that the public side can see."""
    run = workspace.open(context)
    protected = protect(exact_figures, register.read_metrics(), run.policy)
    hidden = sum(figure.status == "suppressed" for figure in protected)
    context.add_output_metadata(
        {"figures": len(protected), "hidden": hidden, "threshold": run.policy.threshold, "base": run.policy.base}
    )
    return protected


@dg.asset_check(asset=protected_figures, blocking=True)
def nothing_small_is_shown(
    context: dg.AssetCheckExecutionContext, workspace: Workspace, protected_figures: list[PublicFigure]
) -> dg.AssetCheckResult:
    """No published count lies between nought and the threshold, and none is unrounded."""
    metrics = register.read_metrics()
    policy = workspace.open(context).policy
    wrong = [
        str(figure.key)
        for figure in protected_figures
        if figure.value
        and metrics[figure.key.metric_id].kind == "count"
        and (figure.value < policy.threshold or figure.value % policy.base)
    ]
    return dg.AssetCheckResult(passed=not wrong, metadata={"figures": len(protected_figures), "wrong": len(wrong)})


def read_figures(run: EditionRun) -> list[Figure]:
    """The rows of the `figures` mart, sorted by key. Nothing is worked out here."""
    metrics = register.read_metrics()
    with duckdb.connect(str(run.warehouse), read_only=True) as warehouse:
        rows = warehouse.execute(
            "select edition, authority, metric_id, breakdown, category, numerator, denominator, value, unit, status,"
            " period_start, period_end, as_at, contributors from figures"
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
