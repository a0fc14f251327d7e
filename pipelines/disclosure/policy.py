"""The disclosure policy as data: the thresholds that `policy.yml` states, validated.

Reads the text it is given; says nothing about how figures are protected.
"""

from __future__ import annotations

from datetime import date

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.faults import UsageFault


class Policy(BaseModel):
    """What the public side may show. `base` 1 means that counts are not rounded."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int = Field(ge=1)
    description: str
    threshold: int = Field(ge=1, le=100)
    """Counts of 1 to threshold - 1, and counts behind which so few children stand, are hidden."""
    base: int = Field(ge=1, le=100)
    """Other counts are rounded to the nearest multiple of this."""
    never_public: tuple[str, ...] = ()
    approved_by: str
    approved_on: date | None = None

    @property
    def least_values_of_a_median(self) -> int:
        """A median of fewer values than this is hidden. Source: contract, twice the threshold."""
        return 2 * self.threshold


def read_policy(text: str, name: str = "policy.yml") -> Policy:
    """The policy in a YAML text. Raises UsageFault, naming the setting that is wrong, where it is not one."""
    try:
        return Policy.model_validate(yaml.safe_load(text))
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'the file'}: {e['msg']}" for e in error.errors())
        raise UsageFault(
            f"{name} is not a disclosure policy ({wrong}). Mend the settings named and run again."
        ) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise UsageFault(f"{name}{where} cannot be read as YAML. Mend it and run again.") from None
