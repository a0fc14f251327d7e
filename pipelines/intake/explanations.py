"""What analysts say of queries: `explanations.yml` beside the extracts, read and matched to findings.

An explanation is words for colleagues, carried into the quality report of the restricted pack. It must not name a child.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from pipelines.faults import DataFault
from pipelines.intake.files import EXPLANATIONS
from pipelines.intake.findings import Finding
from pipelines.intake.plain_yaml import read_plain_yaml
from pipelines.intake.privacy import DETECTORS
from pipelines.intake.rules import RULES
from pipelines.yaml_lines import find_line

Text = Annotated[str, Field(min_length=1)]
_HARMLESS = frozenset({"holds_dates", "holds_free_text"})
"""An explanation is a sentence, and may say when something was looked into."""


class Explanation(BaseModel):
    """Why the rows that a query questions are right as they are."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: Text = Field(description="The code of the rule, as the findings give it.")
    extract: Text | None = Field(None, description="The extract; without it, any.")
    row: int | None = Field(None, ge=1, description="The line of the row that it is about.")
    rows: tuple[int, ...] | None = Field(
        None, description="Several lines. Without row and rows: all that the rule asks."
    )
    explanation: Text = Field(max_length=1000, description="Why it is right, in words for colleagues.")
    by: Text = Field(max_length=200, description="The role that says so.")
    on: date | None = Field(None, description="The day on which it was said.")

    def explains(self, finding: Finding) -> bool:
        """Whether a finding is what this is about. Errors are mended, and not explained."""
        if finding.severity != "query" or finding.rule != self.rule:
            return False
        if self.extract is not None and finding.extract != self.extract:
            return False
        if self.row is None and self.rows is None:
            return True
        return finding.row is not None and finding.row in (self.row, *(self.rows or ()))


def read_explanations(folder: Path) -> tuple[Explanation, ...]:
    """The explanations in an edition's folder of extracts; none where there is no such file.

    Raises DataFault, with the line, for what is no explanation, a rule that does not exist, or personal data.
    """
    path = folder / EXPLANATIONS
    if not path.exists():
        return ()
    data, lines = read_plain_yaml(path)
    try:
        found = TypeAdapter(tuple[Explanation, ...]).validate_python(data or ())
    except ValidationError as problem:
        where = tuple(problem.errors()[0]["loc"])
        what = where[-1] if where and isinstance(where[-1], str) else "this"
        raise DataFault(
            f"{path.name}, line {find_line(lines, where)}: {what} is not as it should be. Each explanation has rule, "
            "explanation and by, and may have extract, row or rows, and on."
        ) from None
    for place, each in enumerate(found):
        if each.rule not in RULES:
            raise DataFault(f"{path.name}, line {find_line(lines, (place, 'rule'))}: there is no such rule.")
        words = f"{each.explanation} {each.by}"
        if any(detector.recognises(words) for detector in DETECTORS if detector.rule not in _HARMLESS):
            raise DataFault(
                f"{path.name}, line {find_line(lines, (place, 'explanation'))}: the explanation seems to name or describe "
                "a person. Say what was found without saying of whom."
            )
    return found


def find_explanation(finding: Finding, explanations: Iterable[Explanation]) -> Explanation | None:
    """The first explanation of a finding, if it has any."""
    return next((each for each in explanations if each.explains(finding)), None)
