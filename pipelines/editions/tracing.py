"""From a figure back to the rows: read from a sealed edition alone, years later, with no warehouse and no extract at hand.

Which figures are meant, and what the edition keeps of how they came about, belong here. The sentences and counts were made
when the edition was; showing them as text is for `tracing_text`.
"""

from __future__ import annotations

import csv
import difflib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from pipelines.editions.manifest import SealedExtract, read_manifest
from pipelines.faults import DataFault, UsageFault
from pipelines.figures import APART

AUDIT = "restricted/audit"
FRAME = ("figure_keys", "metric_results", "figures")
"""The models that every metric passes through last: they put its results among the figures that an edition must hold."""


@dataclass(frozen=True, slots=True)
class Question:
    """Which figures are asked for: a metric, and where only some of its figures are meant, which."""

    metric: str
    authority: str | None = None
    breakdown: str | None = None
    category: str | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """The answer, in JSON's own types. `about` is what else the edition says of the metric."""

    edition: str
    metric: str
    definition: str
    about: Mapping[str, Any]
    figures: Sequence[Mapping[str, Any]]
    steps: Sequence[Mapping[str, Any]]
    tests: Sequence[Mapping[str, Any]]
    extracts: Sequence[Mapping[str, Any]]
    sql: str
    """Of the metric's own model, as it was run."""
    approvals: Sequence[Mapping[str, Any]] = ()
    """Who approved the edition, from the record beside it: `role`, `who`, `when`, `in_force`."""
    earlier: Sequence[Mapping[str, Any]] = ()
    """The same figures in the editions before: `edition`, and the keys of a figure."""

    def with_records(self, approvals: Sequence[Mapping[str, Any]], earlier: Sequence[Path]) -> Trace:
        """The same with what stands outside the edition: its approvals, and its figures in earlier editions, by folder."""
        asked = {(figure["authority"], figure["breakdown"], figure["category"]) for figure in self.figures}
        found = []
        for folder in earlier:
            before = Kept(folder)
            for row in before.list_figures(self.metric):
                if (row["authority"], row["breakdown"], row["category"]) in asked:
                    found.append({"edition": folder.name, **before.show_value(row)})
        return replace(self, approvals=approvals, earlier=found)

    def as_json(self) -> dict[str, Any]:
        """`{edition, metric, definition, figures, steps: [{step, relation, rows_in, rows_out, sql}], tests, extracts}`
        and, beside it, `about` and `sql`."""
        return {
            "edition": self.edition,
            "metric": self.metric,
            "definition": self.definition,
            "about": dict(self.about),
            "figures": [dict(figure) for figure in self.figures],
            "steps": [dict(step) for step in self.steps],
            "tests": [dict(test) for test in self.tests],
            "extracts": [dict(extract) for extract in self.extracts],
            "sql": self.sql,
            "approvals": [dict(approval) for approval in self.approvals],
            "earlier": [dict(figure) for figure in self.earlier],
        }


class Kept:
    """What an edition keeps of how its figures came about. Each file is read once, however many questions are asked.

    `extracts` are those of an edition that is not sealed yet.
    """

    def __init__(self, folder: Path, extracts: Sequence[SealedExtract] | None = None) -> None:
        self.folder = folder
        self._extracts = extracts

    def trace(self, question: Question) -> Trace:
        """What the edition knows of the figures asked for.

        A metric, authority, breakdown or category that the edition does not have is a UsageFault that names the nearest;
        an edition without its audit trail is a DataFault.
        """
        entry = self.metrics.get(_choose("metric", question.metric, self.metrics))
        metric = question.metric
        is_over_time = question.breakdown in APART and bool(self._scorecard)
        rows = (self._scorecard if is_over_time else self._figures).get(metric, [])
        chosen = _choose_figures(rows, question)
        path = list(self.steps["metrics"][metric]["path"])
        return Trace(
            edition=self.folder.name,
            metric=metric,
            definition=entry["description"],
            about=_describe(entry, self.steps["metrics"][metric]),
            figures=self._show_figures(chosen),
            steps=[*_list_steps(self.steps, metric), *self._last_steps(chosen, question, len(rows))],
            tests=[test for test in self._tests if {*path, *FRAME}.intersection(test["looks_at"])],
            extracts=self._describe_extracts(metric),
            sql=(self.folder / AUDIT / "sql" / f"{metric}.sql").read_text("utf-8"),
        )

    def list_figures(self, metric: str) -> Sequence[Mapping[str, str]]:
        """The exact figures of a metric, as the file has them; none where the edition does not have it."""
        return self._figures.get(metric, [])

    def show_value(self, row: Mapping[str, str]) -> dict[str, Any]:
        """One figure, exact and as it is public."""
        return {
            **{name: row[name] for name in ("authority", "breakdown", "category", "status")},
            "value": _number(row["value"]),
            "public": self._protection.get(_key(row), {}).get("public", ""),
        }

    @cached_property
    def metrics(self) -> Any:
        """What is said of each metric, by its id."""
        return read_audit(self.folder, "metrics.json")

    @cached_property
    def steps(self) -> Any:
        """The steps of every model, and the way to each metric."""
        return read_audit(self.folder, "steps.json")

    @cached_property
    def quality(self) -> Any:
        """What the gate found, as the quality report has it."""
        return json.loads((self.folder / "restricted" / "quality.json").read_text("utf-8"))

    @cached_property
    def _tests(self) -> Any:
        return read_audit(self.folder, "tests.json")

    @cached_property
    def _figures(self) -> dict[str, list[dict[str, str]]]:
        return _group(_read_csv(self.folder / "restricted" / "figures.csv"))

    @cached_property
    def _scorecard(self) -> dict[str, list[dict[str, str]]]:
        """The figures of quarters and terms; none where the edition has no scorecard."""
        return _group(_read_csv(self.folder / "restricted" / "scorecard.csv", missing_is_empty=True))

    @cached_property
    def _counted(self) -> dict[str, list[dict[str, str]]]:
        return _group(_read_csv(self.folder / AUDIT / "rows-counted.csv", missing_is_empty=True))

    @cached_property
    def _lineage(self) -> dict[str, list[dict[str, str]]]:
        return _group(_read_csv(self.folder / AUDIT / "column-lineage.csv", missing_is_empty=True))

    @cached_property
    def _protection(self) -> dict[tuple[str, ...], dict[str, str]]:
        rows = _read_csv(self.folder / AUDIT / "protection.csv", missing_is_empty=True)
        return {_key(row): row for row in rows}

    @cached_property
    def _places(self) -> dict[str, list[str]]:
        """The pages that show each figure, by its address."""
        places: dict[str, list[str]] = {}
        for page, addresses in sorted(read_audit(self.folder, "shown-on.json").items()):
            for address in addresses:
                places.setdefault(address, []).append(page)
        return places

    @cached_property
    def _sealed(self) -> dict[str, SealedExtract]:
        extracts = self._extracts if self._extracts is not None else read_manifest(self.folder).facts.extracts
        return {extract.name: extract for extract in extracts}

    def _show_figures(self, chosen: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
        figures = []
        for row in chosen:
            address = "/".join((row["edition"], *_key(row)))
            public = self._protection.get(_key(row), {})
            figures.append(
                {
                    "figure": address,
                    **{name: row[name] for name in ("authority", "breakdown", "category")},
                    **{name: _number(row[name]) for name in ("numerator", "denominator", "value")},
                    **{name: row[name] for name in ("unit", "status", "period_start", "period_end", "as_at")},
                    "public": public.get("public", ""),
                    "why_hidden": public.get("why_hidden", ""),
                    "shown_on": list(self._places.get(address, ())),
                }
            )
        return figures

    def _last_steps(
        self, chosen: Sequence[Mapping[str, str]], question: Question, placed: int
    ) -> Iterator[dict[str, Any]]:
        """From the results of the metric to the figures asked for, of so many that are placed in the same table."""
        metric = question.metric
        own = self.steps["models"][metric]["steps"]
        if question.breakdown is not None or question.category is not None or question.authority is not None:
            for part, before, after in self._count_rows(chosen, question):
                words = " and ".join(
                    f"{name} is {asked!r}"
                    for name in ("authority", "breakdown", "category")
                    if (asked := getattr(question, name)) is not None
                )
                yield {
                    "step": f"Of the rows counted, take those whose {words}.",
                    "relation": f"{metric}.{part}" if part else metric,
                    "rows_in": before,
                    "rows_out": after,
                    "sql": words.replace(" is ", " = "),
                    "kind": "filter",
                }
        yield {
            "step": "Place the results among all figures that the edition must hold: what did not occur counts 0, and what "
            "rests on an extract that is absent is not available.",
            "relation": "scorecard_figures" if question.breakdown in APART else "figures",
            "rows_in": own[-1]["rows_out"] if own else 0,
            "rows_out": placed,
            "sql": "figure_keys left join metric_results using (metric_id, authority, breakdown, category)",
            "kind": "join",
        }

    def _count_rows(self, chosen: Sequence[Mapping[str, str]], question: Question) -> Iterator[tuple[str, int, int]]:
        """Rows behind all figures of the same breakdown, and behind those asked for; by the part of the SQL that counts them."""
        counted = self._counted.get(question.metric, [])
        wanted = {(row["authority"], row["breakdown"], row["category"]) for row in chosen}
        breakdowns = {row["breakdown"] for row in chosen}
        for part in sorted({row["part"] for row in counted}):
            rows = [row for row in counted if row["part"] == part and row["breakdown"] in breakdowns]
            if not rows and breakdowns & set(APART):
                # Children of a quarter or a census day are counted on other rows, which have no parts of their own.
                continue
            after = sum(int(r["rows"]) for r in rows if (r["authority"], r["breakdown"], r["category"]) in wanted)
            yield part, sum(int(row["rows"]) for row in rows), after

    def _read_fields(self, metric: str) -> dict[str, dict[str, list[str]]]:
        fields: dict[str, dict[str, list[str]]] = {}
        for row in self._lineage.get(metric, ()):
            if row["how"] != "frame":
                fields.setdefault(row["extract"], {}).setdefault(row["field"], []).append(row["how"])
        return fields

    def _describe_extracts(self, metric: str) -> list[dict[str, Any]]:
        described = []
        for name, used in sorted(self._read_fields(metric).items()):
            extract = self._sealed.get(name)
            if extract is None and name in ("edition_periods", "inventory", "census_days"):
                continue  # the calendar of the edition, which extracts there are, the days of the census: not files of the data
            described.append(
                {
                    "name": name,
                    "sha256": extract.sha256 if extract else None,
                    "rows": extract.rows if extract else None,
                    "kept": extract.kept if extract else None,
                    "out_of_period": extract.out_of_period if extract else None,
                    "rejected": self.quality["extracts"].get(name, {}).get("rejected"),
                    "queries": sum(finding["extract"] == name for finding in self.quality["findings"]),
                    "fields": {field: sorted(how) for field, how in sorted(used.items())},
                }
            )
        return described


def trace(folder: Path, question: Question) -> Trace:
    """One question to a sealed edition (see `Kept.trace`)."""
    return Kept(folder).trace(question)


def read_audit(folder: Path, name: str) -> Any:
    """One JSON file of an edition's audit trail. DataFault where it is not there."""
    try:
        return json.loads((folder / AUDIT / name).read_text("utf-8"))
    except FileNotFoundError as fault:
        raise DataFault(
            f"Edition {folder.name} keeps no audit trail ({AUDIT}/{name} is not there): it was built before there was one. "
            "Build it again to have one."
        ) from fault
    except ValueError as fault:
        raise DataFault(
            f"{AUDIT}/{name} of edition {folder.name} cannot be read. See what was changed with: storyboard verify."
        ) from fault


def _choose(what: str, asked: str, known: Collection[str]) -> str:
    if asked in known:
        return asked
    near = difflib.get_close_matches(asked, known, n=3, cutoff=0.5)
    hint = f"Did you mean {_either(near)}?" if near else f"There are: {', '.join(sorted(known)) or 'none'}."
    raise UsageFault(f"The edition has no {what} of that name. {hint}")


def _either(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else names[0]


def _choose_figures(rows: Sequence[Mapping[str, str]], question: Question) -> list[Mapping[str, str]]:
    chosen = list(rows)
    for what in ("authority", "breakdown", "category"):
        asked = getattr(question, what)
        if asked is not None:
            _choose(what, asked, {row[what] for row in chosen})
            chosen = [row for row in chosen if row[what] == asked]
    return chosen


def _list_steps(steps: Mapping[str, Any], metric: str) -> Iterator[dict[str, Any]]:
    """The steps of every model on the way; of columns worked out, those that the metric uses."""
    used = steps["metrics"][metric]["worked_out"]
    for model in steps["metrics"][metric]["path"]:
        entry = steps["models"][model]
        needed = {tuple(pair) for pair in used.get(model, ())}
        for step in entry.get("steps", ()):
            part = step["part"].split("#")[0]
            if step["kind"] == "work out" and (part, step["column"]) not in needed:
                continue
            yield {
                "step": step["step"],
                "relation": f"{model}.{step['part']}" if step["part"] else model,
                "rows_in": step["rows_in"],
                "rows_out": step["rows_out"],
                "sql": step["sql"],
                "kind": step["kind"],
            }


def _describe(entry: Mapping[str, Any], traced: Mapping[str, Any]) -> dict[str, Any]:
    about = {
        name: entry[name]
        for name in ("label", "unit", "kind", "collection", "needs", "breakdowns", "numerator", "denominator", "scale")
        if entry.get(name) not in (None, [], "")
    }
    return {
        **about,
        "written": entry["written"],
        "definition_sha256": entry["definition_sha256"],
        "path": traced["path"],
    }


def _read_csv(path: Path, *, missing_is_empty: bool = False) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))
    except FileNotFoundError as fault:
        if missing_is_empty:
            return []
        raise DataFault(f"{path.name} of the edition is not there. See with: storyboard verify.") from fault


def _key(row: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(row[name] for name in ("authority", "metric_id", "breakdown", "category"))


def _group(rows: Sequence[dict[str, str]]) -> dict[str, list[dict[str, str]]]:
    grouped: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        grouped.setdefault(row["metric_id"], []).append(row)
    return grouped


def _number(text: str) -> int | float | None:
    if text == "":
        return None
    return float(text) if "." in text else int(text)
