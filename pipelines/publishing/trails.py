"""How a metric is worked out, as its page shows it: each relation on the way in words and SQL, the tests, the version.

Words and SQL alone, given by the caller: there is no number of rows here, and none can come in. The rows of each step are on the
restricted side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from pipelines.publishing.english import write_list

SQL_PAGE = "evidence/metrics/sql.md"
"""The SQL of every relation that more than one metric passes through."""

_SIGNATURES = 3


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view on the way to a metric. `steps` are sentences made from its SQL."""

    name: str
    description: str
    steps: tuple[str, ...]
    sql: str


@dataclass(frozen=True, slots=True)
class TestResult:
    """A test of the build in a sentence, and how it ended."""

    __test__ = False

    says: str
    passed: bool


@dataclass(frozen=True, slots=True)
class Trail:
    """The way to one metric in the order in which it was worked out; the metric itself is last."""

    relations: tuple[Relation, ...]
    version: str
    """The sha256 of what it means: its words and all SQL on the way."""
    tests: tuple[TestResult, ...]
    versions_before: Mapping[str, str]
    """The version in each earlier edition that had the metric, by the edition's name."""


def tell_version(trail: Trail, edition: str) -> Markup:
    """The version of a definition, and since which edition it has been the same."""
    since = edition
    for name, version in sorted(trail.versions_before.items(), reverse=True):
        if version != trail.version:
            told = Markup("another than in edition {}").format(name)
            break
        since, told = name, Markup("")
    else:
        told = Markup("") if trail.versions_before else Markup("no earlier edition has it")
    if since != edition:
        same = Markup("the same since edition {}").format(since)
        told = same if not told else Markup("{}; {}").format(same, told)
    return Markup("<code>{}</code>, {}").format(trail.version[:16], told)


def mark_up_path(trail: Trail) -> Markup:
    """The steps of every relation, numbered through, as one block of HTML; the metric's own SQL below them."""
    blocks, number = [], 1
    for relation in trail.relations:
        if not relation.steps:
            continue
        items = Markup("").join(Markup("<li>{}</li>").format(_mark_up_code(step)) for step in relation.steps)
        blocks.append(
            Markup(
                '<section class="relation"><h3>{}</h3><p>{}</p><ol start="{}" data-tells="code">{}</ol></section>'
            ).format(relation.name, _mark_up_code(relation.description), number, items)
        )
        number += len(relation.steps)
    return Markup("\n").join(blocks)


def mark_up_sql(sql: str, label: str) -> Markup:
    """SQL as a block that can be scrolled, without blank lines: Markdown would end the block at one."""
    text = "\n".join(line for line in sql.splitlines() if line.strip())
    return Markup(
        '<section class="table-scroll" tabindex="0" data-search-exclude aria-label="{}"><pre><code>{}</code></pre></section>'
    ).format(label, text)


def mark_up_tests(tests: Sequence[TestResult]) -> Markup:
    """Tests with their results, as a table."""
    rows = Markup("").join(
        Markup("<tr><td>{}</td><td>{}</td></tr>").format(test.says, "held" if test.passed else "did not hold")
        for test in tests
    )
    return Markup(
        "<table><caption>Tests of this edition</caption><thead><tr><th>What must hold</th><th>Result</th></tr></thead>"
        "<tbody>{}</tbody></table>"
    ).format(rows)


def mark_up_signatures() -> Markup:
    """Lines to sign on, for the printed page alone."""
    row = Markup("<tr><td></td><td></td><td></td><td></td></tr>") * _SIGNATURES
    heads = Markup("").join(Markup("<th>{}</th>").format(head) for head in ("Role", "Name", "Date", "Signature"))
    return Markup(
        '<div class="sign"><p>I have read how this measure is worked out.</p>'
        "<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>"
    ).format(heads, row)


def write_sql_page(trails: Mapping[str, Trail]) -> str:
    """The page of the SQL that metrics share, as Markdown."""
    shared: dict[str, Relation] = {}
    users: dict[str, list[str]] = {}
    for metric_id, trail in trails.items():
        for relation in trail.relations[:-1]:
            shared.setdefault(relation.name, relation)
            users.setdefault(relation.name, []).append(metric_id)
    lines = [
        "---",
        "title: The SQL that measures share",
        "description: The SQL of every table and view on the way from the extracts to the measures, as it was run.",
        "---",
        "",
        "# The SQL that measures share",
        "",
        "Rows of the extracts become real things here, such as an episode or a referral. This is the SQL as it was run for this "
        "edition. The SQL of each measure is on its own page.",
        "",
    ]
    for name, relation in shared.items():
        lines += [
            f"## {name} {{ #{name} }}",
            "",
            str(_mark_up_code(relation.description)),
            "",
            str(Markup('<p class="used-by">Used by: {}.</p>').format(_link_metrics(users[name]))),
            "",
            str(mark_up_sql(relation.sql, f"SQL of {name}")),
            "",
        ]
    return "\n".join(lines)


def link_shared(trail: Trail) -> Markup:
    """Where the SQL of the relations before the metric stands, for its own page."""
    links = [Markup('<a href="sql.html#{0}">{0}</a>').format(relation.name) for relation in trail.relations[:-1]]
    return Markup("<p>The SQL before it: {}.</p>").format(Markup(write_list([str(link) for link in links])))


def list_checks(checks: Sequence[str], trail: Trail | None) -> Sequence[TestResult]:
    """The tests that look at a metric; without a trail, those of all figures, which held or there would be no edition."""
    if trail is not None:
        return trail.tests
    return [TestResult(check, True) for check in checks]


def _link_metrics(metric_ids: Sequence[str]) -> Markup:
    links = [Markup('<a href="{0}.html">{0}</a>').format(metric_id) for metric_id in metric_ids]
    return Markup(write_list([str(link) for link in links]))


def _mark_up_code(text: str) -> Markup:
    """What stands between back quotes is SQL, or a value."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else Markup("{}").format(part)
        for place, part in enumerate(parts)
    )
