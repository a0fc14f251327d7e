"""The only module that names a directory: the project's own folders, and what lies where in and beside an output folder.

Names only: nothing here reads, writes or creates anything.
"""

from __future__ import annotations

from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent

DBT_PROJECT = PROJECT / "dbt_project"
DBT_TARGET = DBT_PROJECT / "target"
METRICS = DBT_PROJECT / "models" / "metrics"
METRIC_ENTRIES = METRICS / "_metrics.yml"
RELATIONS = DBT_PROJECT / "relations.yml"
CATEGORIES = DBT_PROJECT / "seeds" / "categories.csv"
CENSUS_DAYS = DBT_PROJECT / "seeds" / "census_days.csv"
EDITIONS_SEED = DBT_PROJECT / "seeds" / "editions.csv"
DOCS = PROJECT / "docs"
AUTHORITIES = DOCS / "registers" / "authorities.yml"
SCHEMAS = PROJECT / "schemas"
FORENAMES = PROJECT / "pipelines" / "intake" / "forenames.txt"
POLICY = PROJECT / "policy.yml"
PUBLICATION = PROJECT / "publication.yml"
CONFIGURATION = "storyboard.yml"
"""Name of the configuration file: of the folder in which the command is run, or of the project."""
MKDOCS_CONFIG = PROJECT / "mkdocs.yml"
DAGSTER_CONFIG = PROJECT / "dagster.yaml"
DMT_TEMPLATE = DOCS / "reports" / "dmt-report.docx"
OWN_TEMPLATE = "dmt-report-template.docx"
"""A file of this name in a folder of extracts, of one edition or of all, is the template of the report instead of ours."""
DMT_TEXT = DOCS / "reports" / "dmt-report.md"
FOI_TEXT = DOCS / "reports" / "foi-answers.md"
INSPECTION_TEXT = DOCS / "reports" / "inspection.md"
BOARD_PACK_TEXT = DOCS / "reports" / "board-pack.md"
SCORECARD_PLAN = DOCS / "reports" / "scorecard.yml"
REVIEWS_PLAN = DOCS / "reports" / "reviews.yml"
PAPER_LAYOUT = DOCS / "reports" / "paper.typ"
LOCK = PROJECT / "requirements" / "run.txt"
SAMPLE_EXTRACTS = PROJECT / "tests" / "sample_extracts"
SAMPLE_MARKER = "SAMPLE.txt"
"""A file of this name in a folder of extracts says that every row in it is invented."""

DEFAULT_EXTRACTS = PROJECT / "data" / "extracts"
QUARANTINE = PROJECT / "data" / "quarantine"
ARCHIVE = PROJECT / "data" / "archive"
PSEUDONYM_KEY = PROJECT / "data" / "keys" / "pseudonym.key"
"""The key of the children's pseudonyms: outside every folder of extracts, and readable by its owner alone."""
DEFAULT_OUTPUT = PROJECT / "output"
SET_UP = DBT_TARGET / "set-up"
"""What installing makes of the code alone, each content under its sha256."""


class Output:
    """What lies where in one output folder, and in the hidden folder beside it that holds row-level work and history."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.site = self.folder / "site"
        self.release = self.folder / "release"
        self.editions = self.folder / "editions"
        self.log = self.folder / "editions.log"
        self.working = self.folder / "working"
        self.papers = self.folder / "papers"
        beside = self.folder.parent / f".{self.folder.name}.storyboard"
        self.beside = beside
        self.history = beside / "dagster"
        self.work = beside / "work"
        self.durations = beside / "durations.json"
        self.lock = beside / "lock"
        self.parts = beside / "parts"
        """What the next build starts from, for each edition: no rows of children. For their owner alone."""
        self.made = self.parts / "made"
        """The contents of made things, each under its sha256."""
        self.words = self.parts / "words"
        """What was found in the words of pages, whatever the figures are."""
        self.site_record = beside / "site.json"
        """What `site/` was put together from, as hashes."""
        self.receipt = beside / "forgotten.json"
        """What the last run removed, and where rows were looked for after it."""
        self.approvals = beside / "approvals"
        """What an edition said when it was approved, so that what changed since can be listed."""
        self.handed_out = beside / "handed-out"
        """Of which sealed papers people have a copy in `working/`, and what those said, so that changes can be listed."""
        self.archive = ARCHIVE if self.folder == DEFAULT_OUTPUT else beside / "archive"
        """The extracts that editions were made from, for their owner alone, until their destroy-by date."""
        self.incoming = self.folder / ".incoming"
        """Where finished trees wait, on the output's own file system, for the switch."""
