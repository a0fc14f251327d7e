"""The page of the rule catalogue, made from the catalogue: `python -m pipelines.intake.rules_page` writes it anew.

No rule and no sentence is written here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from pipelines import paths
from pipelines.intake.rules import CATALOGUE, RULES, Rule

PAGE = paths.DOCS / "running" / "rules.md"


def show_rules() -> str:
    """The page as Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    counts = Counter(rule.severity for rule in RULES.values())
    yield "---"
    yield "title: The rules of the gate"
    yield "description: Every rule that an extract is checked by, what it says and how to mend it."
    yield "---"
    yield ""
    yield "{% raw %}"
    yield "<!-- Made from pipelines/intake/rules.py by `make reference`. Change it there. -->"
    yield ""
    yield "# The rules of the gate"
    yield ""
    yield (
        f"`storyboard check` holds the extracts against these {len(RULES)} rules. An **error** stops the edition until it "
        f"is mended: {counts['error']} rules. A **query** does not, but must be explained: {counts['query']} rules. The "
        "last column names the figures that a row in question may move; where it is empty, it is the whole extract, or "
        "none. Words in *italics* stand for names, lines and numbers that a finding puts in."
    )
    yield ""
    yield "No finding repeats what stands in a cell. What each column may hold is in the folder `schemas`."
    for heading, rules in CATALOGUE.items():
        yield ""
        yield f"## {heading}"
        yield ""
        yield "| rule | severity | what it says | how to mend it | figures |"
        yield "|---|---|---|---|---|"
        yield from map(_row, rules)
    yield "{% endraw %}"


def _row(rule: Rule) -> str:
    moves = ", ".join(f"`{metric}`" for metric in rule.moves)
    severity = "**error**" if rule.severity == "error" else rule.severity
    return f"| `{rule.code}` | {severity} | {_words(rule.sentence)} | {_words(rule.mend)} | {moves} |"


def _words(sentence: str) -> str:
    """A sentence of the catalogue with its blanks as words in italics; an optional hint is left out."""
    plain = re.sub(r"\{(?:hint|shape)\}", "", sentence)
    return re.sub(r"\{([a-z_]+)\}", lambda blank: f"*{blank[1].replace('_', ' ')}*", plain).replace("|", r"\|")


if __name__ == "__main__":
    PAGE.write_text(show_rules(), "utf-8", newline="\n")
