"""What must be there before an edition is published, and how long its extracts are kept: `publication.yml`, read and checked.

Reads the text that it is given; which file that is, and what follows from it, is said elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from pipelines.faults import UsageFault
from pipelines.yaml_lines import read_yaml, tell_faults


@dataclass(frozen=True, slots=True)
class Settings:
    """`needed_people` counts people who approved and did not build; `keep_years` of 0 archives nothing."""

    needed_roles: tuple[str, ...] = ()
    needed_people: int = 0
    keep_years: int = 6
    rule: str = ""

    def destroy_by(self, archived_on: date) -> date:
        """The last day on which an extract archived on this day may be kept; 29 February becomes the 28th."""
        try:
            return archived_on.replace(year=archived_on.year + self.keep_years)
        except ValueError:
            return archived_on.replace(year=archived_on.year + self.keep_years, day=28)


def read_settings(text: str) -> Settings:
    """The settings of a `publication.yml`. A file that is not one is a UsageFault that names the line and the setting."""
    stated, lines = read_yaml(text, "publication.yml")

    def refuse(where: str, what: str) -> UsageFault:
        place = tuple(where.split(".")) if where else ()
        return UsageFault(tell_faults("publication.yml", lines, [(place, what)]))

    def take(part: Any, where: str, keys: set[str]) -> dict[str, Any]:
        if not isinstance(part, dict) or set(part) != keys:
            raise refuse(where, f"it has exactly these settings: {', '.join(sorted(keys))}.")
        return part

    def take_whole(part: Any, where: str, most: int) -> int:
        if not isinstance(part, int) or isinstance(part, bool) or not 0 <= part <= most:
            raise refuse(where, f"give a whole number from 0 to {most}.")
        return part

    sections = take(stated, "", {"approvals", "extracts"})
    approvals = take(sections["approvals"], "approvals", {"roles", "people"})
    extracts = take(sections["extracts"], "extracts", {"keep_years", "rule"})
    roles, rule = approvals["roles"], extracts["rule"]
    if not isinstance(roles, list) or not all(isinstance(role, str) and role.strip() for role in roles):
        raise refuse("approvals.roles", "give a list of names, or [] for none.")
    if not isinstance(rule, str) or not rule.strip():
        raise refuse("extracts.rule", "name the rule under which extracts are kept and destroyed.")
    return Settings(
        tuple(roles),
        take_whole(approvals["people"], "approvals.people", 20),
        take_whole(extracts["keep_years"], "extracts.keep_years", 100),
        " ".join(rule.split()),
    )
