"""What an edition would hide, before anything is built: the gate, the figures and their protection, in a folder that goes again.

For `storyboard check --hidden`. Nothing of it reaches the output folder or the history. DuckDB counts, whatever a build takes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines import paths
from pipelines.defs.checking import choose_authority
from pipelines.defs.configuration import read_from_environment
from pipelines.defs.manifest import run_dbt
from pipelines.defs.release import protect_edition, read_figures
from pipelines.defs.workspace import EditionRun
from pipelines.disclosure.policy import read_policy
from pipelines.disclosure.release import ProtectedRelease
from pipelines.faults import DataFault
from pipelines.figures import Edition
from pipelines.intake.admission import admit
from pipelines.intake.gate import examine


@dataclass(frozen=True)
class Foresight:
    """One edition as it would be protected against what the output folder holds now."""

    edition: str
    release: ProtectedRelease

    def lines(self) -> Iterator[str]:
        """For people; restricted, because a reason tells that a number is small."""
        audit = self.release.audit
        if (engine := read_from_environment().through) not in (None, "duckdb"):
            yield f"Edition {self.edition}: counted by DuckDB here; a build goes through {engine}, which counts the same."
        yield f"Edition {self.edition}: {len(self.release.hidden)} figures would be hidden. Restricted: do not publish this list."
        for hidden in self.release.hidden:
            yield f"  {hidden.key}: {hidden.text}"
        known = audit.already_known
        yield (
            f"  What earlier editions or others gave away already: {len(known)} figures."
            if known
            else "  Nothing that is hidden here is known from earlier editions or others."
        )
        yield from (f"    {text}" for text in known)
        verdict = "holds: nothing hidden can be worked out" if audit.ok else "fails, and publication would be refused"
        yield f"  The protection {verdict}."
        yield from (f"    {problem}" for problem in audit.problems)


def foresee(editions: Sequence[Edition], extracts: Path, output: paths.Output, *, encoding: str) -> list[Foresight]:
    """Raises DataFault where the gate refuses an edition or dbt's models do not come out."""
    return [_foresee(edition, extracts / edition.name, output, encoding) for edition in editions]


def _foresee(edition: Edition, folder: Path, output: paths.Output, encoding: str) -> Foresight:
    examination = examine(folder, edition, encoding=encoding, authority=choose_authority())
    if not examination.ok:
        raise DataFault(f"Edition {edition.name} is refused by the gate: mend its errors first (storyboard check).")
    with tempfile.TemporaryDirectory(prefix="storyboard-") as name:
        run = EditionRun(
            edition=edition,
            extracts=folder,
            output=output,
            batch=Path(name),
            encoding=encoding,
            authority=choose_authority(),
            policy=read_policy(paths.POLICY.read_text("utf-8")),
        )
        run.work.mkdir(parents=True)
        admit(examination, edition, run.admitted)
        done = run_dbt(
            ["build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "test"],
            admitted=run.admitted,
            warehouse=run.warehouse,
            artifacts=run.dbt_artifacts,
        )
        if not done.success:
            raise DataFault(f"The figures of edition {edition.name} do not come out. `storyboard build` says more.")
        return Foresight(
            edition.name, protect_edition(run, read_figures(run.warehouse, run.admitted), reason="foresight")
        )
