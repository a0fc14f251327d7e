"""The configuration file `storyboard.yml`: folders, encoding, the drop folder, schedules and notices of one place of work.

What is hidden and what must be approved is no matter of the place of work: `policy.yml` and `publication.yml` say it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines import memory, paths
from pipelines.defs.checking import AUTHORITY
from pipelines.defs.checking import VARIABLE as VARIABLE
from pipelines.faults import DataFault, UsageFault
from pipelines.intake.plain_yaml import read_plain_yaml
from pipelines.yaml_lines import Where, find_line

Text = Annotated[str, Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Interface(_Part):
    """The Dagster UI. It listens on this machine alone, whatever is written here."""

    port: int = Field(default=3000, ge=1, le=65535, description="Port of the UI on this machine.")


class DropFolder(_Part):
    """A folder that is watched for extracts, where its sensor is switched on in the UI. A person publishes."""

    folder: Path = Field(description="Folder with one folder of extracts per edition; relative to this file.")
    settle_seconds: int = Field(
        default=120, ge=10, le=86_400, description="A file is taken when it has not changed for this many seconds."
    )


class Mail(_Part):
    """Mail about failures. Findings name no value; the password is read from STORYBOARD_MAIL_PASSWORD."""

    server: Text = Field(description="Name of the mail server.")
    port: int = Field(default=25, ge=1, le=65535, description="Its port.")
    start_tls: bool = Field(default=True, description="Whether the connection is encrypted before anything is sent.")
    user: Text | None = Field(default=None, description="Who signs in, where the server asks.")
    sender: Text = Field(description="Address that the mail comes from.")
    recipients: tuple[Text, ...] = Field(min_length=1, description="Addresses that it goes to.")


class Notices(_Part):
    """What is told when a run fails. A plain file beside the extracts is always written."""

    mail: Mail | None = Field(default=None, description="Where given, the same words go out by mail.")


class Schedules(_Part):
    """Times of the schedules, as cron. Each is off until somebody switches it on in the UI."""

    time_zone: Text = Field(default="Europe/London", description="Time zone of the times below.")
    register_review: Text = Field(default="0 8 1 2,8 *", description="The review of the register: February and August.")
    scorecard: Text = Field(default="0 8 10 1,4,7,10 *", description="The scorecard: each quarter.")
    annual_reminder: Text = Field(default="0 8 2 1 *", description="The reminder that a new edition is due.")


class Postgres(_Part):
    """A PostgreSQL server for `through: postgres`. The password is read from STORYBOARD_POSTGRES_PASSWORD."""

    host: Text = Field(description="Name of the server, or the folder of its socket.")
    port: int = Field(default=5432, ge=1, le=65535, description="Its port.")
    database: Text = Field(description="Database in which the two schemas of a build are made.")
    user: Text = Field(description="Who signs in; it may make schemas in that database.")
    schema_name: str = Field(
        default="storyboard",
        pattern=r"^[a-z][a-z0-9_]{0,40}$",
        description="Schema of a build, beside one with `_extracts` after it; both are emptied before and after.",
    )
    encryption: Literal["disable", "prefer", "require", "verify-ca", "verify-full"] = Field(
        default="prefer", description="Whether the connection is encrypted, and how far the server is checked; sslmode."
    )
    root_certificate: Path | None = Field(
        default=None, description="Certificate that the server's is checked with; relative to this file."
    )


class Spark(_Part):
    """Spark for `through: spark`. Without a word here it runs on this machine."""

    master: Text = Field(default="local[*]", description="Where it runs: local[*], spark://HOST:PORT, yarn, k8s://...")
    memory: str = Field(default="2g", pattern=r"^[1-9][0-9]*[mg]$", description="Memory of the driver.")
    folder: Path | None = Field(
        default=None, description="Folder that the workers see too, where the master is another machine."
    )
    settings: dict[str, str] = Field(default_factory=dict, description="Further settings of Spark, by their own names.")


class Configuration(_Part):
    """A place of work. Every setting may be left out; what is typed after the command comes first."""

    extracts: Path | None = Field(
        default=None, description="Folder with one folder of extracts per edition; --extracts."
    )
    output: Path | None = Field(default=None, description="Folder of the site, the editions and the papers; --output.")
    authority: str = Field(
        default=AUTHORITY,
        pattern=r"^E[0-9]{8}$",
        description="The council whose extracts these are: the ONS code of rows that name no authority.",
    )
    encoding: Literal["utf-8", "cp1252"] | None = Field(default=None, description="Encoding of CSV files; --encoding.")
    through: Literal["duckdb", "postgres", "spark"] | None = Field(
        default=None, description="Engine that the models run on; --through."
    )
    postgres: Postgres | None = Field(default=None, description="The PostgreSQL server for `through: postgres`.")
    spark: Spark = Field(default_factory=Spark, description="Spark for `through: spark`.")
    memory: int = Field(
        default=memory.DEFAULT,
        ge=1,
        le=1024,
        description="Gigabytes of memory that a build may take, about; rows that do not fit are put on disk meanwhile.",
    )
    interface: Interface = Field(default_factory=Interface, description="The Dagster UI.")
    drop_folder: DropFolder | None = Field(default=None, description="A folder to watch for extracts.")
    notices: Notices = Field(default_factory=Notices, description="What is told when a run fails.")
    schedules: Schedules = Field(default_factory=Schedules, description="Times of the schedules.")


def find_configuration(named: Path | None = None) -> Path | None:
    """The file named, else `storyboard.yml` of the folder in which the command is run, else that of the project."""
    if named is not None:
        if not named.is_file():
            raise UsageFault(f"There is no configuration file {named}.")
        return named.absolute()
    places = (Path.cwd(), paths.PROJECT)
    return next((p / paths.CONFIGURATION for p in places if (p / paths.CONFIGURATION).is_file()), None)


def read_configuration(path: Path) -> Configuration:
    """The settings, with folders relative to the file made absolute. DataFault with every fault and its line."""
    stated, lines = read_plain_yaml(path)
    try:
        found = Configuration.model_validate(stated or {})
    except ValidationError as problem:
        told = sorted({_word(error, lines) for error in problem.errors()})
        raise DataFault("\n".join(f"{path.name}, line {line}: {what}" for line, what in told)) from None
    if found.authority not in _read_names():
        raise DataFault(
            f"{path.name}, line {find_line(lines, ('authority',))}: no council has the code {found.authority}. Take one of "
            "docs/registers/authorities.yml, or give it its name there."
        )
    changes: dict[str, Any] = {
        name: path.parent / given for name in ("extracts", "output") if (given := getattr(found, name)) is not None
    }
    if found.drop_folder is not None:
        changes["drop_folder"] = found.drop_folder.model_copy(update={"folder": path.parent / found.drop_folder.folder})
    if found.postgres is not None and found.postgres.root_certificate is not None:
        certificate = path.parent / found.postgres.root_certificate
        changes["postgres"] = found.postgres.model_copy(update={"root_certificate": certificate})
    if found.spark.folder is not None:
        changes["spark"] = found.spark.model_copy(update={"folder": path.parent / found.spark.folder})
    return found.model_copy(update=changes)


def read_from_environment() -> Configuration:
    """The configuration that the command was given, in the processes that the UI starts; none: every default."""
    path = os.environ.get(VARIABLE)
    return read_configuration(Path(path)) if path else Configuration()


def _read_names() -> dict[str, str]:
    """The names of the councils by their codes, as the register has them."""
    stated, _ = read_plain_yaml(paths.AUTHORITIES)
    names: dict[str, str] = stated["names"] if isinstance(stated, dict) else {}
    return names


def make_json_schema() -> str:
    """The JSON Schema of the file, as it stands in `schemas/storyboard.schema.json`."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"} | Configuration.model_json_schema()
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _word(error: Any, lines: dict[Where, int]) -> tuple[int, str]:
    """A fault as its line and a sentence of ours."""
    where: Where = tuple(error["loc"])
    line, name, kind = find_line(lines, where), str(where[-1]) if where else "the file", error["type"]
    if kind == "extra_forbidden":
        known = _settings_at(where[:-1])
        near = get_close_matches(name, known, 1, 0.6)
        hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(known)}."
        return line, f"there is no such setting. {hint}"
    if kind == "missing":
        return line, f"{name} is missing."
    if kind == "literal_error":
        return line, f"{name} must be {error['ctx']['expected']}."
    if kind in ("greater_than_equal", "less_than_equal", "int_parsing", "int_type"):
        return line, f"{name} must be a whole number in its bounds. docs/running/settings.md has them."
    if kind == "string_pattern_mismatch":
        return line, f"{name} must be the ONS code of a council, such as {AUTHORITY}."
    if kind in ("bool_parsing", "bool_type"):
        return line, f"{name} must be true or false."
    return line, f"{name} is not as it should be. docs/running/settings.md says what it takes."


def _settings_at(where: Where) -> Sequence[str]:
    model: Any = Configuration
    for part in where:
        field = model.model_fields.get(part)
        kinds = getattr(field.annotation, "__args__", (field.annotation,)) if field is not None else ()
        model = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
        if model is None:
            return ()
    return tuple(model.model_fields)
