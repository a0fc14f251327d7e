"""Which Word template an edition's report is made with: that of the edition, else that of all editions, else ours.

Choosing and refusing belong here; what is wrong with a template is said by `publishing.template_check`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pipelines import paths
from pipelines.editions.manifest import digest_file
from pipelines.faults import DataFault


def find_own_template(extracts: Path) -> Path | None:
    """The council's own template for the edition whose folder of extracts this is: in it, or beside it for all editions."""
    for folder in (extracts, extracts.parent):
        template = folder / paths.OWN_TEMPLATE
        if template.is_symlink() or template.exists():
            return template
    return None


def choose_template(extracts: Path) -> Path:
    """The template that the report of an edition is made with."""
    return find_own_template(extracts) or paths.DMT_TEMPLATE


def describe_template(extracts: Path) -> dict[str, str]:
    """Which template it was, for the manifest: whose, and the hash of its content."""
    own = find_own_template(extracts)
    return {"from": "extracts" if own else "project", "sha256": digest_file(own or paths.DMT_TEMPLATE)}


def refuse_wrong_templates(folders: Iterable[Path]) -> None:
    """Raises DataFault naming every own template of these folders of extracts that no report can be made with, and why."""
    found = {template for folder in folders if (template := find_own_template(folder)) is not None}
    if not found:
        return
    from pipelines import register
    from pipelines.publishing.template_check import check_template, know_metrics

    book = know_metrics(register.read_metrics(), register.read_categories())
    told = []
    for template in sorted(found):
        wrong = [problem for problem in check_template(template, book) if problem.is_wrong]
        told += [f"  {template}: {problem}" for problem in wrong]
    if told:
        raise DataFault(
            "\n".join(
                ("The template of the report needs to be mended (storyboard template check FILE says more):", *told)
            )
        )
