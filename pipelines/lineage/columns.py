"""Column lineage: from each metric back to the fields of the extracts, through values, filters, joins and groups.

Every reference to a column is followed or listed as not followed: the coverage is stated, never silently partial.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlglot import exp
from sqlglot.optimizer.qualify import qualify

from pipelines.lineage.project import Project
from pipelines.lineage.queries import DIALECT, list_relations, parse, with_short_names
from pipelines.lineage.records import EXTRACT, FieldUse, How, Lineage, ModelLineage, Named, Use

_ORDER = ("value", "filter", "join", "grouping", "breakdown", "frame")
FRAME = "figure_keys"
"""The model that says which figures an edition holds, counted or not; every metric passes through it."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a query yields: for each column what it rests on, and what decides its rows."""

    columns: Mapping[str, frozenset[Use | Named]]
    rows: frozenset[Use | Named]


def trace_columns(project: Project) -> Lineage:
    """Follow every column of every metric of the project back to the extracts."""
    known = {name: tuple(columns) for name, columns in project.seeds.items()}
    known |= {EXTRACT + name: tuple(columns) for name, columns in project.extracts.items()}
    models: dict[str, ModelLineage] = {}
    for name, model in project.models.items():
        models[name] = _read_model(model.sql, known)
        known[name] = tuple(models[name].columns)
    walk = _Walk(models)
    fields, worked_out = {}, {}
    frame = walk.everything(FRAME) if FRAME in models else frozenset()
    for metric in project.list_metrics():
        found = {FieldUse(use.relation.removeprefix(EXTRACT), use.column, use.how) for use in walk.everything(metric)}
        found |= {FieldUse(use.relation.removeprefix(EXTRACT), use.column, "frame") for use in frame}
        fields[metric] = tuple(sorted(found, key=lambda use: (use.extract, use.field, _ORDER.index(use.how))))
        worked_out[metric] = walk.worked_out(metric)
    return Lineage(models, fields, worked_out)


class _Walk:
    """Follows uses from model to model, each model's once."""

    def __init__(self, models: Mapping[str, ModelLineage]) -> None:
        self._models = models
        self._known: dict[tuple[str, str], frozenset[Use]] = {}

    def everything(self, model: str) -> frozenset[Use]:
        """The fields behind all columns of a model and behind its rows."""
        lineage = self._models[model]
        return self._rows(model).union(*(self._column(model, column) for column in lineage.columns))

    def worked_out(self, metric: str) -> frozenset[tuple[str, str, str]]:
        """The columns worked out on the way to a metric, in this and every model before it."""
        found: set[tuple[str, str, str]] = set()
        seen: set[tuple[str, str]] = set()
        waiting = [(metric, column) for column in self._models[metric].columns]
        while waiting:
            model, column = waiting.pop()
            if (model, column) in seen or model not in self._models:
                continue
            seen.add((model, column))
            lineage = self._models[model]
            found.add((model, "", column))
            for use in lineage.rows | lineage.columns.get(column, frozenset()):
                if isinstance(use, Named):
                    found.add((model, use.part, use.column))
                else:
                    waiting.append((use.relation, use.column))
        return frozenset(found)

    def _column(self, model: str, column: str) -> frozenset[Use]:
        if (model, column) not in self._known:
            self._known[model, column] = self._follow(self._models[model].columns.get(column, frozenset()))
        return self._known[model, column]

    def _rows(self, model: str) -> frozenset[Use]:
        if (model, "") not in self._known:
            lineage = self._models[model]
            self._known[model, ""] = self._follow(lineage.rows)
        return self._known[model, ""]

    def _follow(self, uses: Iterable[Use | Named]) -> frozenset[Use]:
        found: set[Use] = set()
        for use in uses:
            if isinstance(use, Named):
                continue
            if use.relation not in self._models:
                found.add(use)
                continue
            # What a filter rests on filters; what a value rests on keeps what it does there.
            for deeper in self._column(use.relation, use.column):
                found.add(deeper if use.how == "value" else Use(deeper.relation, deeper.column, use.how))
            found |= self._rows(use.relation)
        return frozenset(found)


def _read_model(sql: str, known: Mapping[str, tuple[str, ...]]) -> ModelLineage:
    needed = list_relations(sql)
    schema: dict[str, object] = {
        name: dict.fromkeys(columns, "varchar") for name, columns in known.items() if name in needed
    }
    tree = qualify(
        with_short_names(parse(sql)),
        schema=schema,
        dialect=DIALECT,
        validate_qualify_columns=False,
        allow_partial_qualification=True,  # what cannot be followed is listed, and stops no build
        quote_identifiers=False,
    )
    order = tree.args.get("order")
    if order is not None:
        order.pop()  # the order in which rows are written changes no figure
    reader = _Reader(known)
    shape = reader.read(tree, {}, "")
    missed = [column for column in tree.find_all(exp.Column) if id(column) not in reader.resolved]
    return ModelLineage(
        shape.columns,
        shape.rows,
        len(list(tree.find_all(exp.Column))),
        tuple(sorted({column.sql(DIALECT) for column in missed})),
    )


@dataclass
class _Reader:
    """Reads one qualified query from the inside out."""

    known: Mapping[str, tuple[str, ...]]
    resolved: set[int] = field(default_factory=set)

    def read(self, node: exp.Expr, named: Mapping[str, _Shape], part: str) -> _Shape:
        named = dict(named)
        for cte in node.args["with_"].expressions if node.args.get("with_") else ():
            named[cte.alias] = _as_part(self.read(cte.this, named, cte.alias), cte.alias)
        if isinstance(node, exp.SetOperation):
            return self._read_union(node, named, part)
        if isinstance(node, exp.Subquery):
            return self.read(node.this, named, part)
        if isinstance(node, exp.Select):
            return self._read_select(node, named, part)
        return _Shape({}, frozenset())

    def _read_union(self, node: exp.SetOperation, named: Mapping[str, _Shape], part: str) -> _Shape:
        left, right = self.read(node.left, named, part), self.read(node.right, named, part)
        pairs = zip(left.columns.items(), right.columns.values(), strict=False)
        columns = {name: uses | others for (name, uses), others in pairs}
        rows = left.rows | right.rows
        if node.args.get("distinct"):
            rows = rows.union(*(_with_how(uses, "grouping") for uses in columns.values()))
        return _Shape(columns, rows)

    def _read_select(self, node: exp.Select, named: Mapping[str, _Shape], part: str) -> _Shape:
        sources: dict[str, _Shape] = {}
        rows: set[Use | Named] = set()
        joins = node.args.get("joins") or []
        froms = [node.args["from_"].this] if node.args.get("from_") else []
        for source in [*froms, *(join.this for join in joins)]:
            shape = self._read_source(source, named, sources, part)
            sources[source.alias_or_name] = shape
            rows |= shape.rows
        for join in joins:
            for condition in (join.args.get("on"), *(join.args.get("using") or ())):
                if condition is not None:
                    rows |= self._uses(condition, sources, named, "join")
        for key in ("where", "having", "qualify"):
            if node.args.get(key) is not None:
                rows |= self._uses(node.args[key], sources, named, "filter")
        is_cut = node.args.get("group") is not None and {"breakdown", "category"} <= set(node.named_selects)
        columns = {
            projection.alias_or_name: self._uses(
                projection, sources, named, "breakdown" if is_cut and _is_cut(projection) else "value"
            )
            for projection in node.expressions
        }
        group = node.args.get("group")
        if group is not None:
            cut_by = [projection.unalias() for projection in node.expressions if is_cut and _is_cut(projection)]
            for expression in group.expressions:
                rows |= self._uses(expression, sources, named, "breakdown" if expression in cut_by else "grouping")
            if group.args.get("all"):
                for projection in node.expressions:
                    if not projection.find(exp.AggFunc):
                        how: How = "breakdown" if _is_cut(projection) else "grouping"
                        rows |= self._uses(projection, sources, named, how)
        if node.args.get("distinct") is not None:
            rows = rows.union(*(_with_how(uses, "grouping") for uses in columns.values()))
        return _Shape(columns, frozenset(rows))

    def _read_source(
        self, source: exp.Expr, named: Mapping[str, _Shape], sources: Mapping[str, _Shape], part: str
    ) -> _Shape:
        if isinstance(source, exp.Table):
            if source.name in named:
                return named[source.name]
            columns = self.known.get(source.name, ())
            return _Shape({c: frozenset({Use(source.name, c, "value")}) for c in columns}, frozenset())
        if isinstance(source, exp.Values):
            return _Shape(dict.fromkeys(_columns_of(source), frozenset()), frozenset())
        inner = "/".join(filter(None, (part, source.alias)))
        return _as_part(self.read(source, named, inner), inner)

    def _uses(
        self, node: exp.Expr, sources: Mapping[str, _Shape], named: Mapping[str, _Shape], how: How
    ) -> frozenset[Use | Named]:
        if isinstance(node, exp.Query):
            shape = self.read(node, named, "")
            return frozenset().union(_with_how(shape.rows, how), *(_with_how(u, how) for u in shape.columns.values()))
        found: set[Use | Named] = set()
        if isinstance(node, exp.Column):
            source = sources.get(node.table)
            if source is not None and node.name in source.columns:
                self.resolved.add(id(node))
                found |= _with_how(source.columns[node.name], how)
            return frozenset(found)
        for child in node.iter_expressions():
            found |= self._uses(child, sources, named, how)
        return frozenset(found)


def _as_part(shape: _Shape, part: str) -> _Shape:
    """The shape as its surroundings see it: whoever uses a column also uses the part in which it was worked out."""
    columns = {name: uses | {Named(part, name)} for name, uses in shape.columns.items()}
    return _Shape(columns, shape.rows)


def _with_how(uses: Iterable[Use | Named], how: How) -> frozenset[Use | Named]:
    if how == "value":
        return frozenset(uses)
    return frozenset(use if isinstance(use, Named) else Use(use.relation, use.column, how) for use in uses)


def _is_cut(projection: exp.Expr) -> bool:
    return projection.alias_or_name in ("breakdown", "category")


def _columns_of(source: exp.Expr) -> list[str]:
    alias = source.args.get("alias")
    return [column.name for column in alias.columns] if alias is not None else []
