"""Conditions and worked-out columns of SQL, said in English for people who do not read SQL.

What has no sentence of its own stands as SQL between back quotes: nothing is left out and nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp, parse_one

from pipelines.lineage.queries import DIALECT, conjuncts, names, with_short_names

_COMPARISONS: dict[type[exp.Binary], str] = {
    exp.EQ: "is",
    exp.NEQ: "is not",
    exp.LT: "is before or less than",
    exp.LTE: "is not after or more than",
    exp.GT: "is after or more than",
    exp.GTE: "is not before or less than",
}
_DAYS: dict[type[exp.Binary], str] = {
    exp.LT: "is earlier than",
    exp.LTE: "is no later than",
    exp.GT: "is later than",
    exp.GTE: "is no earlier than",
}
_NUMBERS: dict[type[exp.Binary], str] = {
    exp.LT: "is less than",
    exp.LTE: "is at most",
    exp.GT: "is more than",
    exp.GTE: "is at least",
}
_KINDS = {"bigint": "whole number", "decimal(18, 1)": "number with one decimal place"}
_INSTANT = """
case
    when regexp_matches(text, '(Z|[+-]\\d\\d:\\d\\d)$') and (length(text) > 10)
        then try_cast(text as timestamptz) at time zone 'UTC'
    when (make_timestamptz(epoch_us(try_cast(text as timestamp) - interval 1 hour)) at time zone 'Europe/London')
        = try_cast(text as timestamp)
        then try_cast(text as timestamp) - interval 1 hour
    else try_cast(text as timestamp)
end"""
"""How dbt_project/macros/time.sql reads a timestamp."""
_DATE_ENDINGS = ("_on", "_at", "_date", "_start", "_end", "year_ending", "as_at", "_instant")


def say_condition(condition: exp.Expr) -> str:
    """A condition as words: `status is 'open' and closed_on is blank`."""
    return " and ".join(_say_part(part) for part in conjuncts(condition))


def say_value(expression: exp.Expr) -> str:
    """A worked-out value as words."""
    return _say(expression)


def say_same(condition: exp.Expr) -> str | None:
    """The columns that a join finds the same on both sides; None where the condition says anything else."""
    same = []
    for part in conjuncts(condition):
        if not (isinstance(part, exp.EQ) and isinstance(part.left, exp.Column) and isinstance(part.right, exp.Column)):
            return None
        if part.left.name != part.right.name:
            return None
        same.append(part.left.name)
    return say_list(same)


def say_list(things: Sequence[str], word: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    return f"{', '.join(things[:-1])} {word} {things[-1]}" if len(things) > 1 else "".join(things)


def _say_part(part: exp.Expr) -> str:
    """One part of a condition: a column alone is one that must be true."""
    if isinstance(part, exp.Column):
        return f"{part.name} is true"
    return f"({_say(part)})" if isinstance(part, exp.Or) else _say(part)


def _say(node: exp.Expr) -> str:
    if isinstance(node, exp.Paren):
        return _say(node.this)
    if isinstance(node, exp.Column):
        return str(node.name)
    if isinstance(node, exp.Literal):
        return f"'{node.this}'" if node.is_string else str(node.this)
    if isinstance(node, exp.Boolean):
        return "yes" if node.this else "no"
    if isinstance(node, exp.Null):
        return "blank"
    if isinstance(node, exp.And):
        return say_condition(node)
    if isinstance(node, exp.Or):
        return " or ".join(_say_part(part.unnest()) for part in node.flatten())
    if isinstance(node, exp.Binary) and type(node) in _COMPARISONS:
        return f"{_say(node.left)} {_compare(node)} {_say(node.right)}"
    if isinstance(node, exp.Between):
        return f"{_say(node.this)} lies from {_say(node.args['low'])} to {_say(node.args['high'])}"
    if isinstance(node, exp.In) and node.expressions:
        return f"{_say(node.this)} is {say_list([_say(value) for value in node.expressions], 'or')}"
    if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
        return f"{_say(node.this)} is blank"
    if isinstance(node, exp.Not):
        return _say_not(node.this)
    for say_form in (_say_ratio, _say_instant, _say_arithmetic, _say_window):
        if (said := say_form(node)) is not None:
            return said
    if isinstance(node, exp.Coalesce):
        return _say_coalesce(node)
    if isinstance(node, exp.Case):
        return _say_case(node)
    if isinstance(node, exp.Exists):
        return f"there is any row of `{_sql(node.this)}`"
    if isinstance(node, exp.TryCast | exp.Cast):
        kind = str(node.to.sql(DIALECT)).lower()
        return f"{_say(node.this)} read as a {_KINDS.get(kind, kind)}"
    if isinstance(node, exp.Filter):
        return f"{_say(node.this)}, of those where {say_condition(node.expression.this)}"
    if (aggregate := _say_aggregate(node)) is not None:
        return aggregate
    return f"`{_sql(node)}`"


def _say_ratio(node: exp.Expr) -> str | None:
    """The project's own exact rounding: a ratio to one decimal, half away from zero, in whole numbers."""
    sign, guard = node.find(exp.Sign), node.find(exp.Nullif)
    if not isinstance(node, exp.Cast) or sign is None or guard is None or not isinstance(guard.this, exp.Mul):
        return None
    above, below = _say_product(sign.this), _say_product(guard.this.right)
    return f"{above} divided by {below}, to one decimal, half away from zero"


def _say_instant(node: exp.Expr) -> str | None:
    """The project's own reading of a timestamp of an extract, recognised only where it is the same to the letter."""
    if not isinstance(node, exp.Case) or node.find(exp.AtTimeZone) is None:
        return None
    text = node.find(exp.Column)
    whole = node.copy()
    for column in list(whole.find_all(exp.Column)):
        if column != text:
            return None
        column.replace(exp.column("text"))
    if text is None or _sql(whole) != _sql(parse_one(_INSTANT, read=DIALECT)):
        return None
    return (
        f"the instant in UTC that {text.name} names: with an offset it is that instant; without one it is the time that "
        "clocks in London showed, the first of the two where they showed it twice"
    )


def _say_arithmetic(node: exp.Expr) -> str | None:
    if isinstance(node, exp.IntDiv):
        moments = [call.expressions[0] for call in node.this.find_all(exp.Anonymous) if call.name == "epoch_us"]
        if isinstance(node.this.unnest(), exp.Sub) and len(moments) == 2 and _say(node.expression) == "1000000":
            return f"the whole seconds from {_say(moments[1])} to {_say(moments[0])}"
        return f"{_say(node.this)} divided by {_say(node.expression)}, without the rest"
    if isinstance(node, exp.Mul):
        return " times ".join(_say(factor) for factor in node.flatten())
    if isinstance(node, exp.Sub) and isinstance(node.left, exp.Column):
        return f"{_say(node.left)} less {_say(node.right)}"
    return None


def _say_window(node: exp.Expr) -> str | None:
    """A value that looks at other rows of the same query."""
    if not isinstance(node, exp.Window):
        return None
    others = names(column for by in node.args.get("partition_by") or () for column in by.find_all(exp.Column))
    order = node.args.get("order")
    among = f"among the rows of the same {say_list(others)}" if others else "among all rows"
    if isinstance(node.this, exp.Lag) and order is not None:
        back = _say(node.this.args["offset"]) if node.this.args.get("offset") else "1"
        by = say_list(names(order.find_all(exp.Column)))
        return f"{_say(node.this.this)} of the row {back} places before it by {by}, {among}"
    aggregate = _say_aggregate(node.this)
    return f"{aggregate}, {among}" if aggregate is not None and order is None else None


def _say_product(node: exp.Expr) -> str:
    if isinstance(node, exp.Mul):
        factors = [_say(factor) for factor in node.flatten()]
        return " times ".join(factor for factor in factors if factor != "1")
    return _say(node)


def _say_not(inner: exp.Expr) -> str:
    inner = inner.unnest()
    if isinstance(inner, exp.Column):
        return f"{inner.name} is not true"
    if isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Null):
        return f"{_say(inner.this)} is not blank"
    if isinstance(inner, exp.In) and inner.expressions:
        return f"{_say(inner.this)} is neither {say_list([_say(v) for v in inner.expressions], 'nor')}"
    if isinstance(inner, exp.Exists):
        return f"there is no row of `{_sql(inner.this)}`"
    return f"it does not hold that {_say(inner)}"


def _say_coalesce(node: exp.Coalesce) -> str:
    others = [_say(value) for value in node.expressions]
    if others == ["no"] and not isinstance(node.this, exp.Column):
        return f"{_say(node.this)} (no where that is not known)"
    return f"{_say(node.this)} (where blank: {say_list(others, 'or')})"


def _say_case(node: exp.Case) -> str:
    parts = [f"{_say(when.args['true'])} where {say_condition(when.this)}" for when in node.args["ifs"]]
    default = node.args.get("default")
    return "; ".join([*parts, f"else {_say(default) if default is not None else 'blank'}"])


def _say_aggregate(node: exp.Expr) -> str | None:
    if isinstance(node, exp.Count):
        counted = node.this
        if isinstance(counted, exp.Distinct):
            return f"the number of different {say_list([_say(e) for e in counted.expressions])}"
        if counted is None or isinstance(counted, exp.Star):
            return "the number of rows"
        return f"the number of rows where {_say(counted)} is not blank"
    words: dict[type[exp.Expr], str] = {
        exp.Sum: "the sum of",
        exp.Min: "the smallest",
        exp.Max: "the largest",
        exp.Median: "the middle (median) of",
    }
    if isinstance(node, exp.LogicalOr | exp.LogicalAnd):
        return f"whether in {'any' if isinstance(node, exp.LogicalOr) else 'every'} row {say_condition(node.this)}"
    if isinstance(node, exp.ArgMax):
        return f"the {_say(node.this)} of the row with the largest {_say(node.expression)}"
    if isinstance(node, exp.Unnest | exp.Explode):
        return f"each entry of {say_list([_say(each) for each in (node.this, *node.expressions) if each is not None])}"
    if type(node) in words and not node.expressions:
        return f"{words[type(node)]} {_say(node.this)}"
    if isinstance(node, exp.First) and isinstance(node.this, exp.Order):
        end = "last" if all(by.args.get("desc") for by in node.this.expressions) else "first"
        return f"the {end} {_say(node.this.this)} by {say_list(names(node.this.find_all(exp.Column))[1:])}"
    return None


def _compare(node: exp.Binary) -> str:
    if type(node) in _DAYS:
        is_days = any(isinstance(s, exp.Column) and s.name.endswith(_DATE_ENDINGS) for s in (node.left, node.right))
        return _DAYS[type(node)] if is_days else _NUMBERS[type(node)]
    return _COMPARISONS[type(node)]


def _sql(node: exp.Expr) -> str:
    return with_short_names(node).sql(DIALECT, comments=False)
