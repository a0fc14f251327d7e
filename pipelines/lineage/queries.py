"""SQL as trees: how it is read, what it reads, and the names and conditions in it.

The only way from a text of SQL to `sqlglot`; what the trees mean is said by those who walk them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import sqlglot
from sqlglot import exp

from pipelines.lineage.records import EXTRACT

DIALECT = "duckdb"


def parse(sql: str) -> exp.Query:
    """One query as a tree. TypeError where it is none."""
    tree = sqlglot.parse_one(sql, read=DIALECT)
    if not isinstance(tree, exp.Query):
        raise TypeError(f"a model is a query, not {type(tree).__name__}")
    return tree


def with_short_names(tree: exp.Expr) -> exp.Expr:
    """A copy in which relations stand without their database, and what is read from a file as `extracts.<name>`."""
    return tree.transform(_shorten)


def list_relations(sql: str) -> frozenset[str]:
    """The relations that a query reads: models by their names, extracts as `extracts.<name>`."""
    tree = parse(sql)
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    return frozenset(
        name
        for table in tree.find_all(exp.Table)
        for name in [name_of(table)]
        if table.args.get("db") or name not in own
    )


def name_of(table: exp.Table) -> str:
    """The name under which a relation is known here."""
    if isinstance(table.this, exp.Identifier):
        return table.name
    path = next(text.this for text in table.find_all(exp.Literal) if str(text.this).startswith("/"))
    return EXTRACT + str(path).strip("/").rsplit(".", 1)[0]


def conjuncts(condition: exp.Expr) -> Iterator[exp.Expr]:
    """The parts of a condition that must all hold."""
    condition = condition.unnest() if isinstance(condition, exp.Paren) else condition
    if isinstance(condition, exp.And):
        yield from conjuncts(condition.left)
        yield from conjuncts(condition.right)
    else:
        yield condition


def names(columns: Iterable[exp.Column]) -> list[str]:
    """The names of columns, each once, in the order in which they first stand."""
    return list(dict.fromkeys(column.name for column in columns))


def _shorten(node: exp.Expr) -> exp.Expr:
    if not isinstance(node, exp.Table):
        return node
    if not isinstance(node.this, exp.Identifier):
        return exp.Table(this=exp.to_identifier(name_of(node), quoted=True), alias=node.args.get("alias"))
    node.set("db", None)
    node.set("catalog", None)
    node.this.set("quoted", False)
    return node
