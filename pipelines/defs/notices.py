"""What is told when nobody sits at the command: a plain file beside the extracts and, where it is set up, the same words by mail.

A notice names steps and rules, never a value. Runs that the command started tell the person who sits there.
"""

import os
import smtplib
from collections.abc import Iterable, Iterator
from datetime import date
from email.message import EmailMessage
from pathlib import Path

import dagster as dg

from pipelines.defs.configuration import Mail, read_from_environment
from pipelines.defs.workspace import AUTHORITY_TAG, BATCH_TAG, DROPPED_TAG, PARTITION_TAG, edition_of
from pipelines.editions import disk
from pipelines.faults import Fault

PASSWORD = "STORYBOARD_MAIL_PASSWORD"
_SECONDS = 20


def place_of_notice(edition: str, *, dropped: bool = False) -> Path:
    """Beside the folder of the edition, not in it: what lies in there is an extract."""
    drop = read_from_environment().drop_folder if dropped else None
    folder = drop.folder if drop is not None else Path(os.environ["STORYBOARD_EXTRACTS"])
    return folder / f"{edition}-not-built.txt"


@dg.run_failure_sensor(
    name="failure_notice",
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Where a run fails that nobody watches: a plain file beside the extracts says why, and mail where it is set up.",
)
def failure_notice(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
    run = context.dagster_run
    if BATCH_TAG in run.tags:
        return dg.SkipReason("The person at the command was told.")
    edition = _name(run)
    why = " ".join(explain_events(context.get_step_failure_events())) or "The run stopped before a step could say why."
    subject = f"Edition {edition} was not built" if edition else f"The job {run.job_name} failed"
    tell(subject, write_notice(run.job_name, edition, why), _place_for(run))
    return None


@dg.run_status_sensor(
    name="notice_taken_back",
    run_status=dg.DagsterRunStatus.SUCCESS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Where a run of the edition succeeds after all, the notice beside the extracts is taken away.",
)
def notice_taken_back(context: dg.RunStatusSensorContext) -> None:
    _place_for(context.dagster_run).unlink(missing_ok=True)


def write_notice(job: str, edition: str | None, why: str) -> str:
    """The words of a notice: what failed, why, and what to do."""
    of = f" of edition {edition}" if edition else ""
    check = f"storyboard check --edition {edition[:4]}" if edition else "storyboard check"
    return (
        f"The job {job}{of} failed. Nothing that is published has changed.\n\n{why}\n\n"
        f"What to do: {check} says what is wrong with the extracts, where, and how to mend it.\n"
        "This file goes when the same job succeeds.\n"
    )


def _name(run: dg.DagsterRun) -> str | None:
    """The edition of a run, with the council where it is of one alone: `2016-E06000014`."""
    if PARTITION_TAG not in run.tags:
        return None
    return "-".join(filter(None, (edition_of(run.tags), run.tags.get(AUTHORITY_TAG))))


def _place_for(run: dg.DagsterRun) -> Path:
    return place_of_notice(_name(run) or run.job_name, dropped=DROPPED_TAG in run.tags)


def remind(latest: str | None) -> None:
    """Says that the edition after the latest one is due."""
    following = str(int(latest) + 1) if latest is not None else str(date.today().year)
    words = f"Edition {following} is due.\n\nBegin it with: storyboard init {following}\n"
    tell(
        f"Edition {following} of the story board is due",
        words,
        place_of_notice(following).with_name(f"{following}-due.txt"),
    )


def tell(subject: str, words: str, place: Path) -> None:
    """The words as a file and, where mail is set up, by mail. A mail server that does not answer is said in the file."""
    mail = read_from_environment().notices.mail
    if mail is not None:
        try:
            _send(mail, subject, words)
        except (OSError, smtplib.SMTPException) as fault:
            words += f"\nThe same words could not be sent by mail ({type(fault).__name__}).\n"
    new = place.with_name(f".{place.name}.new")
    new.write_text(words, "utf-8", newline="\n")
    disk.replace_file(new, place)


def explain_events(events: Iterable[dg.DagsterEvent]) -> Iterator[str]:
    """The sentence of each step that failed. What is no Fault of ours is named by its kind alone: its text may quote a value."""
    kinds = {kind.__name__ for kind in _heirs(Fault)}
    for event in events:
        failure = event.step_failure_data
        if failure.user_failure_data is not None and failure.user_failure_data.description:
            yield failure.user_failure_data.description
            continue
        error = failure.error
        while error is not None and error.cls_name not in kinds and error.cause is not None:
            error = error.cause
        if error is not None and error.cls_name in kinds:
            yield error.message.split(": ", 1)[-1].strip()
        else:
            yield f"The step {event.step_key} stopped ({error.cls_name if error is not None else 'an unknown error'})."


def _heirs(kind: type[Fault]) -> Iterator[type[Fault]]:
    yield kind
    for heir in kind.__subclasses__():
        yield from _heirs(heir)


def _send(mail: Mail, subject: str, words: str) -> None:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, mail.sender, ", ".join(mail.recipients)
    message.set_content(words)
    with smtplib.SMTP(mail.server, mail.port, timeout=_SECONDS) as server:
        if mail.start_tls:
            server.starttls()
        if mail.user is not None:
            server.login(mail.user, os.environ.get(PASSWORD, ""))
        server.send_message(message)
