"""The steps of one model: what it starts from, each join, filter, cut and count, in words and as SQL that counts its rows.

The words follow from the SQL that was run, and the counting SQL is made of the same parts. Running it is for the caller.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlglot import exp

from pipelines.lineage.english import say_condition, say_list, say_same, say_value
from pipelines.lineage.project import Model
from pipelines.lineage.queries import DIALECT, conjuncts, name_of, names, parse, with_short_names
from pipelines.lineage.records import EXTRACT, ModelSteps, Step

CUT = ("breakdown", "category")
KNOWN_TO_SEVERAL = "is_known_to_several"
"""The column of a mart that keeps a child's rows apart from those that are added up for all areas together."""


def read_steps(model: Model) -> ModelSteps:
    """The steps of a model, from the SQL that was run."""
    maker = _Maker(model.columns)
    tree = parse(model.sql)
    steps = tuple(maker.read(tree, ""))
    named = _with_of(tree)
    counting = _count_once(maker.counts, named)
    return ModelSteps(
        steps,
        tuple(maker.counts),
        _sql_with(counting, _list_read(counting, named)),
        _sql_with(_cut_counts(tree), named),
        _sql_with(_cut_rows(tree), named),
    )


class _Maker:
    """Walks one model from the inside out; every count that a step needs gets a name."""

    def __init__(self, described: Mapping[str, str]) -> None:
        self._described = described
        self._last = ""
        self.counts: dict[str, exp.Select] = {}

    def read(self, node: exp.Expr, part: str) -> Iterator[Step]:
        if node.args.get("with_"):
            for cte in node.args["with_"].expressions:
                yield from self.read(cte.this, cte.alias)
        if isinstance(node, exp.Subquery):
            yield from self.read(node.this, part)
        elif isinstance(node, exp.Select | exp.SetOperation):
            parts = _cut_together(node)
            if len(parts) > 1:
                yield from self._unite(node, parts, part)
            elif isinstance(parts[0][0], exp.Select):
                yield from self._select(parts[0], part)
        self._last = part

    def _unite(self, node: exp.Expr, branches: list[list[exp.Expr]], part: str) -> Iterator[Step]:
        for number, branch in enumerate(branches, start=1):
            if len(branch) > 1:
                yield from self._select(branch, f"{part}#{number}")
                self._last = f"{part}#{number}"
            else:
                yield from self.read(branch[0], f"{part}#{number}")
        rows = self._count(_count_of(node))
        text = f"Put the rows of {len(branches)} queries together"
        if node.args.get("distinct"):
            every = node.copy()
            for inner in every.find_all(exp.SetOperation):
                inner.set("distinct", False)
            before = self._count(_count_of(every))
            yield Step("deduplicate", part, f"{text}; a row that is there twice is kept once.", "union", before, rows)
        else:
            yield Step("unite", part, f"{text}, one after the other.", "union all", rows, rows)

    def _select(self, alike: Sequence[exp.Expr], part: str) -> Iterator[Step]:
        """A query; or several over the same rows that cut them differently, and are one step."""
        node = alike[0]
        assert isinstance(node, exp.Select)
        joins = node.args.get("joins") or []
        source = node.args["from_"].this if node.args.get("from_") else None
        if source is None:
            return
        for each in [source, *(join.this for join in joins)]:
            if isinstance(each, exp.Subquery):
                yield from self.read(each, "/".join(filter(None, (part, each.alias))))
        so_far = exp.select("count(*)").from_(source.copy())
        rows = self._count(so_far)
        if not self._is_the_part_before(source, part):
            yield Step("read", part, f"Start with {_relation(source)}.", _sql(source), rows, rows)
        for join in joins:
            so_far = so_far.copy()
            so_far.append("joins", join.copy())
            after = self._count(so_far)
            yield Step("join", part, _say_join(join), _sql(join), rows, after)
            rows = after
        if node.args.get("where"):
            so_far = so_far.copy()
            so_far.set("where", node.args["where"].copy())
            after = self._count(so_far)
            condition = node.args["where"].this
            yield Step("filter", part, f"Keep the rows where {say_condition(condition)}.", _sql(condition), rows, after)
            rows = after
        if _is_cut(node):
            after = self._count(_times(so_far, len(alike)))
            cuts = [_breakdown_of(cut) for cut in alike]
            text = "Count each row once, in the total."
            if len(cuts) > 1:
                text = f"Count each row once in the total, and once in its category of each breakdown: {say_list(cuts[1:])}."
            categories = [_sql(_projection(cut, "category")) for cut in alike]
            yield Step("cut", part, text, ", ".join(categories), rows, after)
            rows = after
        if node.args.get("group") or node.args.get("distinct") or node.find(exp.Unnest, exp.Explode):
            after = self._count(_count_of(_put_together(alike)))
            yield self._gather(node, part, rows, after)
            rows = after
        yield from self._work_out(node, part, rows)

    def _is_the_part_before(self, source: exp.Expr, part: str) -> bool:
        """Whether the rows are those that the last step left, so that nothing need be said of them."""
        if isinstance(source, exp.Subquery):
            return self._last == "/".join(filter(None, (part, source.alias)))
        return bool(self._last) and isinstance(source, exp.Table) and (source.db, source.name) == ("", self._last)

    def _gather(self, node: exp.Select, part: str, rows: str, after: str) -> Step:
        if node.args.get("group"):
            keys, values = _split_group(node)
            keys = [*keys, *CUT] if _is_cut(node) else keys
            counted = [f"{p.alias_or_name} is {say_value(p.unalias())}" for p in values]
            one_row = f"one row for each {say_list(keys)}" if keys else "one row"
            text = f"Make {one_row}" + (f"; in it {'; '.join(counted)}." if counted else ".")
            sql = ", ".join(_sql(projection) for projection in values) or _sql(node.args["group"])
            return Step("count", part, text, sql, rows, after)
        if node.args.get("distinct"):
            kept = say_list([projection.alias_or_name for projection in node.expressions])
            return Step("deduplicate", part, f"Keep each {kept} once.", "distinct", rows, after)
        lists = [p.alias_or_name for p in node.expressions if p.find(exp.Unnest, exp.Explode)]
        text = f"Make one row for each entry of {say_list(lists)}."
        return Step("unfold", part, text, f"unnest({', '.join(lists)})", rows, after)

    def _work_out(self, node: exp.Select, part: str, rows: str) -> Iterator[Step]:
        for projection in node.expressions:
            value, name = projection.unalias(), projection.alias_or_name
            if isinstance(value, exp.Column | exp.Star | exp.Literal) or value.is_star or not name:
                continue
            if node.args.get("group") and (value.find(exp.AggFunc) or isinstance(value, exp.Filter)):
                continue  # said by the step that counts
            if isinstance(value, exp.Cast) and isinstance(value.this, exp.Null):
                continue
            said = self._described.get(name, "") if part == "" else ""
            text = f"Work out {name}: {(said or say_value(value)).rstrip('.')}."
            yield Step("work out", part, text, _sql(value), rows, rows, name)

    def _count(self, query: exp.Select) -> str:
        for name, known in self.counts.items():
            if known == query:
                return name
        name = f"c{len(self.counts) + 1}"
        self.counts[name] = query
        return name


def _split_group(node: exp.Select) -> tuple[list[str], list[exp.Expr]]:
    """What one row stands for, and what is worked out over the rows that it gathers."""
    values = [projection for projection in node.expressions if projection.find(exp.AggFunc)]
    if node.args["group"].args.get("all"):
        return [p.alias_or_name for p in node.expressions if p not in values], values
    return names(c for e in node.args["group"].expressions for c in e.find_all(exp.Column)), values


def _branches(node: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(node, exp.SetOperation):
        yield from _branches(node.left)
        yield from _branches(node.right)
    else:
        yield node


def _projection(select: exp.Expr, name: str) -> exp.Expr:
    found = (each.unalias() for each in select.expressions if each.alias_or_name == name)
    return next(found, exp.Null())


def _breakdown_of(select: exp.Expr) -> str:
    breakdown = _projection(select, "breakdown")
    return str(breakdown.this) if isinstance(breakdown, exp.Literal) else ""


def _is_cut(select: exp.Expr) -> bool:
    """Whether a query counts rows for the total; those that count the same rows for a breakdown follow it."""
    return (
        isinstance(select, exp.Select)
        and _breakdown_of(select) == "total"
        and bool(select.args.get("group"))
        and isinstance(select.args["from_"].this, exp.Subquery)
    )


def _cut_together(node: exp.Expr) -> list[list[exp.Expr]]:
    """The queries that a union puts together, those that cut the same rows as one; a query that is none by itself."""
    found: list[list[exp.Expr]] = []
    for branch in _branches(node):
        if found and _is_cut(found[-1][0]) and _breakdown_of(branch) and _rows_of(branch) == _rows_of(found[-1][0]):
            found[-1].append(branch)
        else:
            found.append([branch])
    return found


def _rows_of(select: exp.Expr) -> tuple[str, ...]:
    """What the rows are that a query counts, before it cuts them."""
    return tuple(clause.sql(DIALECT) for key in ("from_", "where") if (clause := select.args.get(key)) is not None)


def _put_together(queries: Sequence[exp.Expr]) -> exp.Expr:
    whole = queries[0].copy()
    for query in queries[1:]:
        whole = exp.union(whole, query.copy(), distinct=False, copy=False)
    return whole


def _times(counting: exp.Select, times: int) -> exp.Select:
    return counting.select(f"count(*) * {times}", append=False) if times > 1 else counting


def _relation(source: exp.Expr) -> str:
    if isinstance(source, exp.Table):
        name = name_of(source)
        return f"the extract {name.removeprefix(EXTRACT)}" if name.startswith(EXTRACT) else f"the rows of {name}"
    return f"the rows of {source.alias}"


def _say_join(join: exp.Join) -> str:
    other = _relation(join.this)
    side = str(join.side).upper()
    if join.args.get("on") is not None and (same := say_same(join.args["on"])):
        condition = f"where both have the same {same}"
    elif join.args.get("on") is not None:
        condition = f"where {say_condition(join.args['on'])}"
    elif join.args.get("using"):
        condition = f"where both have the same {say_list([u.name for u in join.args['using']])}"
    else:
        return f"Put each row beside every row of {other.removeprefix('the rows of ')}."
    rest = {
        "LEFT": "rows without a match are kept, with blanks",
        "FULL": "rows of either side without a match are kept, with blanks",
        "RIGHT": "rows of the second without a match are kept, with blanks",
    }.get(side, "rows without a match go")
    return f"Match with {other} {condition}; {rest}."


def _with_of(tree: exp.Query) -> list[exp.CTE]:
    return list(tree.args["with_"].expressions) if tree.args.get("with_") else []


def _count_of(node: exp.Expr) -> exp.Select:
    """Counts the rows of a query; its own named subqueries stand before the whole counting query, and its order goes."""
    copied = node.copy()
    for key in ("with_", "order"):
        if copied.args.get(key):
            copied.set(key, None)
    return exp.select("count(*)").from_(
        exp.Subquery(this=copied, alias=exp.TableAlias(this=exp.to_identifier("things")))
    )


def _count_once(counts: Mapping[str, exp.Select], named: Sequence[exp.CTE]) -> exp.Select:
    """One row with every count. Rows that are parts of several counts are counted once, and added up."""
    bodies = {cte.alias: cte.this for cte in named}
    parts: dict[str, exp.Select] = {}
    sums = []
    for name, query in counts.items():
        times, added = _take_apart(query, bodies)
        known = {part.sql(DIALECT): part for part in added}
        parts |= {sql: part for sql, part in known.items() if sql not in parts}
        numbers = " + ".join(f"n{[*parts].index(part.sql(DIALECT)) + 1}" for part in added)
        sums.append(f"({numbers}) * {times} as {name}" if times > 1 else f"{numbers} as {name}")
    counted = exp.select(*(exp.alias_(part.subquery(), f"n{at}") for at, part in enumerate(parts.values(), start=1)))
    return exp.select(*sums, dialect=DIALECT).from_(counted.subquery("counted_once"))


def _take_apart(query: exp.Select, bodies: Mapping[str, exp.Expr]) -> tuple[int, list[exp.Select]]:
    """A query that counts rows, as queries whose counts add up to it, and how many times."""
    projection = query.expressions[0]
    if isinstance(projection, exp.Mul):
        _, added = _take_apart(query.select("count(*)", append=False), bodies)
        return int(projection.expression.name), added
    if _clauses(query) != {"expressions", "from_"}:
        return 1, [query]
    source = query.args["from_"].this
    if isinstance(source, exp.Table) and not source.db and source.name in bodies:
        body = bodies[source.name]
    elif isinstance(source, exp.Subquery):
        body = source.this
    else:
        return 1, [query]
    if isinstance(body, exp.Union) and not body.args.get("distinct") and _clauses(body) <= _OF_A_UNION:
        added = [part for branch in (body.left, body.right) for part in _take_apart(_count_of(branch), bodies)[1]]
        return 1, added
    if isinstance(body, exp.Select) and _is_row_for_row(body):
        rows = exp.select("count(*)")
        for clause in ("from_", "joins", "where"):
            if body.args.get(clause):
                rows.set(
                    clause, [j.copy() for j in body.args["joins"]] if clause == "joins" else body.args[clause].copy()
                )
        return _take_apart(rows, bodies)
    return 1, [query]


def _list_read(query: exp.Select, named: Sequence[exp.CTE]) -> list[exp.CTE]:
    """The named subqueries that a query reads, and those that they read."""
    read: list[exp.CTE] = []
    for cte in reversed(named):
        if any(table.name == cte.alias for reader in (query, *read) for table in reader.find_all(exp.Table)):
            read.insert(0, cte)
    return read


_OF_A_UNION = {"this", "expression", "distinct"}


def _is_row_for_row(body: exp.Select) -> bool:
    """Whether a query has a row for each that its sources and its condition leave."""
    makes_others = (exp.AggFunc, exp.Unnest, exp.Explode)
    return {"expressions", "from_"} <= _clauses(body) <= {"expressions", "from_", "joins", "where"} and not any(
        projection.find(*makes_others) for projection in body.expressions
    )


def _clauses(query: exp.Expr) -> set[str]:
    return {name for name, value in query.args.items() if value}


def _sql_with(query: exp.Select | None, named: list[exp.CTE]) -> str:
    if query is None:
        return ""
    query = query.copy()
    if named:
        query.set("with_", exp.With(expressions=[cte.copy() for cte in named]))
    return query.sql(DIALECT, comments=False)


def _cut_selects(tree: exp.Query) -> Iterator[tuple[str, exp.Select]]:
    """Every query that counts rows for the total or a breakdown, with the named subquery in which it stands."""
    for named in (*(cte.this for cte in _with_of(tree)), tree):
        holder = named.parent
        for alike in _cut_together(named):
            for select in alike if _is_cut(alike[0]) else ():
                assert isinstance(select, exp.Select)
                yield (holder.alias if isinstance(holder, exp.CTE) else "", select)


def _with_all_rows(select: exp.Select) -> exp.Select:
    """The query over every row behind each of its areas: those that were added up for all areas, counted there like any other."""
    whole = select.copy()
    for union in whole.args["from_"].this.find_all(exp.Union):
        where = union.right.args.get("where")
        others = [part for part in conjuncts(where.this) if part.name != KNOWN_TO_SEVERAL] if where else []
        if where and len(others) < len(list(conjuncts(where.this))):
            where.set("this", exp.and_(*others))
    group = [each for each in whole.args["group"].expressions if each.name != KNOWN_TO_SEVERAL]
    whole.args["group"].set("expressions", group)
    return whole


def _cut_counts(tree: exp.Query) -> exp.Select | None:
    parts: list[exp.Expr] = []
    for name, select in _cut_selects(tree):
        counted = _with_all_rows(select)
        counted.set(
            "expressions",
            [
                exp.alias_(exp.Literal.string(name), "part"),
                exp.column("authority", select.args["from_"].this.alias),
                *(exp.alias_(_projection(select, column).copy(), column) for column in CUT),
                exp.alias_(exp.Count(this=exp.Star()), "rows"),
            ],
        )
        parts.append(counted)
    return exp.select("*").from_(_whole(parts)) if parts else None


def _whole(parts: Sequence[exp.Expr]) -> exp.Subquery:
    return exp.Subquery(this=_put_together(parts), alias=exp.TableAlias(this=exp.to_identifier("counted")))


def _cut_rows(tree: exp.Query) -> exp.Select | None:
    """The rows of the first part that is cut; a mean has a second, of those by whom it is divided."""
    selects = list(_cut_selects(tree))
    parts: list[exp.Expr] = []
    for _, select in (each for each in selects if each[0] == selects[0][0]):
        things = select.args["from_"].this.alias
        rows = _with_all_rows(select)
        rows.set("group", None)
        rows.set(
            "expressions",
            [
                exp.alias_(exp.column("authority", things), "cut_authority"),
                *(exp.alias_(_projection(select, column).copy(), f"cut_{column}") for column in CUT),
                exp.Column(this=exp.Star(), table=exp.to_identifier(things)),
            ],
        )
        parts.append(rows)
    return exp.select("*").from_(_whole(parts)) if parts else None


def _sql(node: exp.Expr) -> str:
    return with_short_names(node).sql(DIALECT, comments=False).strip()
