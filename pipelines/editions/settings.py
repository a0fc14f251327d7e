"""What must be there before an edition is published, and how long its extracts are kept: `publication.yml`, read and checked.

Reads the text that it is given; which file that is, and what follows from it, is said elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml

from pipelines.faults import UsageFault


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
    """The settings of a `publication.yml`. A file that is not one is a UsageFault that names the setting."""
    try:
        stated = yaml.safe_load(text)
    except yaml.YAMLError as fault:
        raise UsageFault("publication.yml is no YAML. Mend it, or restore it from the project.") from fault
    sections = _section(stated, "", {"approvals", "extracts"})
    approvals = _section(sections["approvals"], "approvals", {"roles", "people"})
    extracts = _section(sections["extracts"], "extracts", {"keep_years", "rule"})
    roles = approvals["roles"]
    if not isinstance(roles, list) or not all(isinstance(role, str) and role.strip() for role in roles):
        raise UsageFault("publication.yml, approvals, roles: give a list of names, or [] for none.")
    rule = extracts["rule"]
    if not isinstance(rule, str) or not rule.strip():
        raise UsageFault("publication.yml, extracts, rule: name the rule under which extracts are kept and destroyed.")
    return Settings(
        tuple(roles),
        _whole(approvals["people"], "approvals, people", 20),
        _whole(extracts["keep_years"], "extracts, keep_years", 100),
        " ".join(rule.split()),
    )


def _section(stated: Any, where: str, keys: set[str]) -> dict[str, Any]:
    if not isinstance(stated, dict) or set(stated) != keys:
        named = f", {where}" if where else ""
        raise UsageFault(f"publication.yml{named}: it has exactly these settings: {', '.join(sorted(keys))}.")
    return stated


def _whole(value: Any, where: str, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise UsageFault(f"publication.yml, {where}: give a whole number from 0 to {most}.")
    return value
