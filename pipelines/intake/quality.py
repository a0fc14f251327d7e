"""The quality of an edition's extracts: what is recorded, what is questioned, and how far that could move the headlines.

Pure: records in, a description and a page out. Nothing here reads an extract, counts a figure or decides a rule.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from pipelines.figures import ALL, TOTAL, Edition, Figure, Metric, display_value
from pipelines.intake.explanations import Explanation, find_explanation
from pipelines.intake.findings import Finding
from pipelines.intake.moments import NotAMoment, read_moment
from pipelines.intake.rules import HEADLINES, RULES
from pipelines.intake.schemas import EXTRACTS, read_schema
from pipelines.intake.source_tables import list_rows

if TYPE_CHECKING:
    import pyarrow as pa

# How a questioned row may move a figure that its rule names. Where neither is said, it may go either way.
_DOUBLED = frozenset(
    {"overlapping_episodes", "referred_while_open", "referred_again_at_once", "referred_after_over_age"}
)
"""Two records may be one: the figure can only be lower."""
_ABSENT = frozenset({"vanished_rows", "age_contradicts"})
"""Rows, or children, may be missing from the count: the figure can only be higher."""
_NOT_THE_TOTAL = frozenset({"sex_contradicts"})
"""A child's sex moves breakdowns, not the total."""
_WHOLE = frozenset({"episodes_reported", "cme_referrals"})
"""Every row of the period counts already: a questioned one can only fall out."""
_OF_THE_PERIOD = {"missing_episodes": ("started_at", "missing"), "cme_referrals": ("referred_on", "education")}
_OF_ANY_DATE = frozenset({"cme_open", "cme_found_on_roll"})
_TIMED = frozenset({"return_interviews_held_within_72_hours", "return_interviews_offered_within_72_hours"})
_NOT_TIMED = "return_interviews_timeliness_not_known"
_GAPS = frozenset({"month_without_rows", "no_rows"})

METHOD = (
    "A range says between which values a figure would lie if every questioned row without an explanation fell the one way "
    "or the other. A row of an extract moves a count by one at most. Where two records may be one, the figure can only be "
    "lower; where rows or children may be missing, only higher; else it may go either way, but a total of all rows can only "
    "lose a row that is in it. Rows outside the period move no figure of the period. A rate moves with its numerator, and "
    "interviews whose 72 hours cannot be worked out are taken as late for the lowest value and as in time for the highest. "
    "Rows that an analyst has explained are taken as right. A range is no margin of statistical error: it says nothing of "
    "what was never recorded."
)


@dataclass(frozen=True, slots=True)
class Completeness:
    """How often one optional field is filled."""

    extract: str
    field: str
    title: str
    rows: int
    filled: int
    blank_means: str | None
    """What a blank says, where it says something: it is then no gap."""


@dataclass(frozen=True, slots=True)
class Question:
    """Queries of one rule in one extract that say the same and have the same explanation."""

    extract: str | None
    rule: str
    field: str | None
    message: str
    fix: str
    rows: tuple[int, ...]
    count: int
    moves: tuple[str, ...]
    most: Decimal | None
    """The largest share by which the rows could move a headline: 0.05 is one in twenty. None where it moves none."""
    explanation: str | None
    by: str | None
    on: str | None


@dataclass(frozen=True, slots=True)
class Range:
    """Where one headline figure lies, and between which values it could lie."""

    metric_id: str
    label: str
    authority: str
    unit: str
    value: Decimal
    lowest: Decimal | None
    """None where it cannot be said."""
    highest: Decimal | None
    questioned: int
    """Rows whose queries may move it and are not explained."""
    remark: str


@dataclass(frozen=True)
class Quality:
    """The quality of the extracts of one edition."""

    edition: str
    invented: bool
    examination: Mapping[str, Any]
    """What the gate found, as `check --format json` prints it."""
    completeness: tuple[Completeness, ...]
    questions: tuple[Question, ...]
    ranges: tuple[Range, ...]
    unused_explanations: int
    """Explanations of queries that are no longer asked."""

    def as_json(self) -> dict[str, Any]:
        """The examination, with what follows from it."""
        return {
            **self.examination,
            "invented": self.invented,
            "completeness": [asdict(each) for each in self.completeness],
            "queries": [_plain(asdict(each)) for each in self.questions],
            "ranges": [_plain(asdict(each)) for each in self.ranges],
            "unused_explanations": self.unused_explanations,
            "method": METHOD,
        }


def describe_quality(
    examination: Mapping[str, Any],
    admitted: Mapping[str, pa.Table],
    edition: Edition,
    figures: Iterable[Figure],
    metrics: Mapping[str, Metric],
    explanations: Sequence[Explanation] = (),
    *,
    invented: bool = False,
) -> Quality:
    """Describe the quality of one edition.

    `examination` is what the gate found, as JSON; `admitted` are the tables that it let pass, by extract, with the line
    of each row in `source_row`; `figures` are the exact figures, of which the totals of the headlines are looked at.
    """
    findings = [Finding(**each) for each in examination["findings"]]
    explained = {finding: find_explanation(finding, explanations) for finding in findings}
    totals = {
        figure.key.metric_id: figure
        for figure in sorted(figures, key=lambda figure: figure.key.authority)
        if (figure.key.breakdown, figure.key.category) == (TOTAL, ALL)
    }  # of several authorities the last by code point, which is `all`
    moved = _find_moved(findings, explained, admitted, edition)
    ranges = tuple(
        _find_range(metrics[name], totals[name], moved[name], totals)
        for name in HEADLINES
        if name in totals and totals[name].value is not None
    )
    gaps = {finding.extract for finding in findings if finding.rule in _GAPS and explained[finding] is None}
    ranges = tuple(
        _remark_on_gaps(each, metrics[each.metric_id]) if metrics[each.metric_id].needs[0] in gaps else each
        for each in ranges
    )
    used = {id(each) for each in explained.values() if each is not None}
    return Quality(
        edition=edition.name,
        invented=invented,
        examination=examination,
        completeness=tuple(_measure_completeness(admitted)),
        questions=tuple(_rank(_gather(findings, explained, totals))),
        ranges=ranges,
        unused_explanations=sum(id(each) not in used for each in explanations),
    )


def write_quality(quality: Quality, folder: Path) -> tuple[Path, Path]:
    """Write `quality.html` and `quality.json` into the restricted folder of an edition."""
    page, data = folder / "quality.html", folder / "quality.json"
    page.write_text(show_quality_as_html(quality), encoding="utf-8", newline="")
    text = json.dumps(quality.as_json(), indent=2, ensure_ascii=False) + "\n"
    data.write_text(text, encoding="utf-8", newline="")
    return page, data


def _measure_completeness(admitted: Mapping[str, pa.Table]) -> Iterable[Completeness]:
    for extract in EXTRACTS:
        table = admitted.get(extract)
        if table is None or not table.num_rows:
            continue
        for field in read_schema(extract).fields.values():
            # A blank authority has been filled with the one that the edition is for.
            if field.is_required or field.name == "authority" or field.name not in table.column_names:
                continue
            filled = table.num_rows - table[field.name].null_count
            yield Completeness(extract, field.name, field.title, table.num_rows, filled, field.blank_means)


@dataclass
class _Moved:
    """How many rows, not explained, may move one figure."""

    down: int = 0
    up: int = 0
    rows: int = 0


def _find_moved(
    findings: Iterable[Finding],
    explained: Mapping[Finding, Explanation | None],
    admitted: Mapping[str, pa.Table],
    edition: Edition,
) -> dict[str, _Moved]:
    inside = {
        extract: _list_lines_of_the_period(admitted[extract], *of, edition)
        for extract, of in _OF_THE_PERIOD.items()
        if extract in admitted
    }
    # A row that two rules question is one row.
    rows: dict[str, dict[tuple[str, object], set[str]]] = defaultdict(lambda: defaultdict(set))
    counts: dict[str, dict[tuple[str, object], int]] = defaultdict(dict)
    for finding in findings:
        if finding.severity != "query" or explained[finding] is not None or finding.rule in _NOT_THE_TOTAL | _GAPS:
            continue
        for metric in RULES[finding.rule].moves:
            of_period = finding.extract in inside and metric not in _OF_ANY_DATE
            if of_period and finding.row is not None and finding.row not in inside[finding.extract or ""]:
                continue
            place: tuple[str, object] = (
                finding.extract or "",
                finding.row if finding.row is not None else (finding.rule, finding.field),
            )
            counts[metric][place] = finding.count if finding.row is None else 1
            ways = {"down"} if finding.rule in _DOUBLED else {"up"} if finding.rule in _ABSENT else {"down", "up"}
            if metric in _WHOLE and finding.rule not in _ABSENT:
                ways = {"down"}
            rows[metric][place] |= ways
    moved: dict[str, _Moved] = defaultdict(_Moved)
    for metric, places in rows.items():
        for place, ways in places.items():
            count = counts[metric][place]
            moved[metric].rows += count
            moved[metric].down += count if "down" in ways else 0
            moved[metric].up += count if "up" in ways else 0
    return moved


def _list_lines_of_the_period(table: pa.Table, column: str, collection: str, edition: Edition) -> set[int]:
    period = edition.periods["missing" if collection == "missing" else "education"]
    lines = set()
    for text, line in zip(table[column].to_pylist(), table["source_row"].to_pylist(), strict=True):
        try:
            day = read_moment(text).day if text else None
        except NotAMoment:
            day = None
        if day is not None and period.start.toordinal() <= day <= period.end.toordinal():
            lines.add(line)
    return lines


def _find_range(metric: Metric, figure: Figure, moved: _Moved, totals: Mapping[str, Figure]) -> Range:
    value = figure.value
    assert value is not None
    lowest: Decimal | None
    highest: Decimal | None
    remark = ""
    if metric.kind == "count":
        lowest, highest = max(value - moved.down, Decimal(0)), value + moved.up
    elif metric.kind == "rate" and figure.numerator is not None and figure.denominator:
        not_timed = totals.get(_NOT_TIMED)
        unknown = not_timed.value if metric.numerator in _TIMED and not_timed is not None else None
        top = figure.numerator + moved.up + (unknown or 0)
        if metric.unit == "per cent":
            top = min(top, figure.denominator)
        lowest = _ratio(max(figure.numerator - moved.down, Decimal(0)), figure.denominator, metric.scale)
        highest = _ratio(top, figure.denominator, metric.scale)
        if unknown:
            remark = f"The time of {unknown:,} cannot be worked out."
    elif moved.rows:
        lowest = highest = None
        remark = "How far a median moves cannot be said from the number of rows alone."
    else:
        lowest = highest = value
    return Range(
        metric.metric_id, metric.label, figure.key.authority, figure.unit, value, lowest, highest, moved.rows, remark
    )


def _ratio(numerator: Decimal, denominator: Decimal, scale: int) -> Decimal:
    return (numerator * scale / denominator).quantize(Decimal("0.1"), ROUND_HALF_UP)


def _remark_on_gaps(found: Range, metric: Metric) -> Range:
    """Where a month of the extract is empty and nobody has said why, nobody can say how much is missing."""
    if metric.kind == "count":
        remark = "A month, or the whole extract, has no rows: the figure may be higher."
        return replace(found, highest=None, remark=f"{found.remark} {remark}".strip())
    remark = "It says nothing of the months without rows."
    return replace(found, remark=f"{found.remark} {remark}".strip())


def _gather(
    findings: Iterable[Finding], explained: Mapping[Finding, Explanation | None], totals: Mapping[str, Figure]
) -> Iterable[Question]:
    groups: dict[tuple[object, ...], list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.severity == "query":
            # The line of another row stands in the sentence: rows of one rule belong together all the same.
            key = (finding.extract, finding.rule, finding.field, id(explained[finding]), finding.row is None)
            groups[key].append(finding)
    for group in groups.values():
        first, said = group[0], explained[group[0]]
        count = sum(finding.count for finding in group)
        moves = RULES[first.rule].moves
        sizes = [figure.value for name in moves if (figure := totals.get(name)) and figure.value]
        yield Question(
            extract=first.extract,
            rule=first.rule,
            field=first.field,
            message=first.message if len(group) == 1 else re.sub(r"\bline [0-9]+", "another line", first.message),
            fix=first.fix,
            rows=tuple(sorted(finding.row for finding in group if finding.row is not None)),
            count=count,
            moves=moves,
            most=min(max(count / size for size in sizes), Decimal(1)) if sizes else None,
            explanation=said.explanation if said else None,
            by=said.by if said else None,
            on=said.on.isoformat() if said and said.on else None,
        )


def _rank(questions: Iterable[Question]) -> list[Question]:
    """What is not explained first; of that, what could move a headline most."""
    return sorted(
        questions,
        key=lambda each: (
            each.explanation is not None,
            -(each.most or Decimal(0)),
            min((HEADLINES.index(name) for name in each.moves), default=len(HEADLINES)),
            each.extract or "",
            each.rule,
            each.rows,
        ),
    )


def _plain(record: dict[str, Any]) -> dict[str, Any]:
    return {
        name: (int(value) if value == value.to_integral_value() else float(round(value, 4)))
        if isinstance(value, Decimal)
        else value
        for name, value in record.items()
    }


_STYLE = """
body { font: 1.05rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 66rem; padding: 0 1rem; color: #1a1a1a }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem }
caption { text-align: left; font-weight: 600; padding: .4rem 0 }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid #767676 }
td.number { text-align: right; font-variant-numeric: tabular-nums } .scroll { overflow-x: auto }
.notice { border-left: .4rem solid #1a1a1a; padding: .2rem .8rem }
"""


def show_quality_as_html(quality: Quality) -> str:
    """The page for directors and auditors: self-contained, in the order in which it is read."""
    queries = [each for each in quality.questions if each.explanation is None]
    parts = [Markup("<h1>Quality of the data, edition {}</h1>").format(quality.edition)]
    if quality.invented:
        parts.append(Markup('<p class="notice">These extracts are invented. No row is about a real child.</p>'))
    parts.append(Markup("<p>{}</p>").format(_summarise(quality, len(queries))))
    parts += [
        Markup("<h2>How sure the headline figures are</h2>"),
        _table(
            "Headline figures and the range in which each could lie",
            ("Figure", "Value", "Lowest", "Highest", "Questioned rows", "Remark"),
            [
                (
                    each.label,
                    display_value(each.value, each.unit),
                    _bound(each.lowest, each.unit),
                    _bound(each.highest, each.unit),
                    f"{each.questioned:,}",
                    each.remark,
                )
                for each in quality.ranges
            ],
            numbers=frozenset({1, 2, 3, 4}),
        ),
        Markup("<p>{}</p>").format(METHOD),
        Markup("<h2>Queries</h2>"),
        _table(
            "Queries, those that could move a headline most first; explained ones last",
            ("Rule", "Where", "What is asked", "Figures it may move", "By up to", "Explanation"),
            [
                (
                    each.rule,
                    _place(each),
                    f"{each.message} {each.fix}",
                    ", ".join(name.replace("_", " ") for name in each.moves) or "none",
                    "" if each.most is None else f"{each.most:.0%}",
                    _explained(each),
                )
                for each in quality.questions
            ],
            numbers=frozenset({4}),
        ),
    ]
    if quality.unused_explanations:
        parts.append(
            Markup("<p>{} of the explanations are about queries that are no longer asked.</p>").format(
                quality.unused_explanations
            )
        )
    parts += [
        Markup("<h2>What is recorded</h2>"),
        _table(
            "Optional fields and how often they are filled",
            ("Extract", "Field", "Filled", "Rows", "Share", "A blank means"),
            [
                (
                    each.extract,
                    each.title,
                    f"{each.filled:,}",
                    f"{each.rows:,}",
                    f"{each.filled / each.rows:.0%}",
                    each.blank_means or "not recorded",
                )
                for each in quality.completeness
            ],
            numbers=frozenset({2, 3, 4}),
        ),
        Markup("<h2>The extracts</h2>"),
        _table(
            "Extracts of this edition",
            ("Extract", "Rows", "Rejected", "SHA-256"),
            [
                (name, f"{each['rows']:,}", f"{each['rejected']:,}", each["sha256"])
                for name, each in quality.examination["extracts"].items()
            ],
            numbers=frozenset({1, 2}),
        ),
    ]
    return Markup(
        '<!doctype html>\n<html lang="en-GB"><head><meta charset="utf-8"><title>Quality of the data, edition {}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        "<style>{}</style></head>\n<body><main>\n{}\n</main></body></html>\n"
    ).format(quality.edition, Markup(_STYLE), Markup("\n").join(parts))


def _summarise(quality: Quality, queries: int) -> str:
    explained = len(quality.questions) - queries
    firm = sum(each.lowest == each.value == each.highest for each in quality.ranges)
    return (
        f"{len(quality.questions)} kinds of query: {explained} explained, {queries} not. "
        f"{firm} of {len(quality.ranges)} headline figures are touched by no open query. "
        "Exact figures stand here: keep this page inside the authority."
    )


def _bound(value: Decimal | None, unit: str) -> str:
    return "cannot be said" if value is None else display_value(value, unit)


def _place(question: Question) -> str:
    parts = [question.extract or "the folder"]
    if question.rows:
        parts.append(list_rows(question.rows))
    elif question.count > 1:
        parts.append(f"{question.count:,} times")
    if question.field:
        parts.append(f"column {question.field}")
    return ", ".join(parts)


def _explained(question: Question) -> str:
    if question.explanation is None:
        return "not explained"
    said = ", ".join(part for part in (question.by, question.on) if part)
    return f"{question.explanation} ({said})"


def _table(
    caption: str, header: Sequence[str], rows: Sequence[Sequence[str]], numbers: frozenset[int] = frozenset()
) -> Markup:
    if not rows:
        return Markup("<p>{}: none.</p>").format(caption)
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(name) for name in header)
    body = Markup("\n").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(
                Markup('<th scope="row">{}</th>').format(cell)
                if place == 0
                else Markup('<td class="number">{}</td>' if place in numbers else "<td>{}</td>").format(cell)
                for place, cell in enumerate(row)
            )
        )
        for row in rows
    )
    return Markup(
        '<div class="scroll" tabindex="0" role="region" aria-label="{}"><table><caption>{}</caption>'
        "<thead><tr>{}</tr></thead>\n<tbody>\n{}\n</tbody></table></div>"
    ).format(caption, caption, head, body)
