"""The rule catalogue: each rule once, with code, severity, plain sentence, how to mend it, and the headlines it moves.

What a column may contain is in `schemas/`; how a rule is checked is in the module that checks it. The words in braces
are names of ours (an extract, a column, a code list), never anything read from a cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "query"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. An error must be mended before the edition can be built; a query must be explained."""

    code: str
    severity: Severity
    sentence: str
    mend: str
    moves: tuple[str, ...] = ()
    """Headline metrics that a row in question may move. Empty: the whole extract, or none."""


EPISODES = ("episodes_reported", "missing_episodes", "children_reported")
INTERVIEWS = ("return_interviews_held", "return_interview_completion_rate", "return_interview_offer_rate")
REFERRALS = ("cme_referrals", "cme_closed", "cme_open")
HEADLINES = (
    "episodes_reported",
    "children_reported",
    "missing_episodes",
    "looked_after_missing_episodes",
    "children_located",
    "return_interviews_held",
    "return_interview_completion_rate",
    "return_interview_offer_rate",
    "cme_referrals",
    "cme_children_referred",
    "cme_closed",
    "cme_open",
    "cme_located",
    "children_at_risk_of_cme",
    "cme_found_on_roll",
    "cme_re_referrals",
    "median_missing_hours",
    "children_reported_per_10000",
)
"""The metrics that a rule may say it moves, in the order in which a board asks for them: findings are ranked by it."""
PSEUDONYMISE = (
    "Take the identifier out and put a random pseudonym in its place, in every extract and for every edition the same. "
    "Delete this file where it should not be, and tell your information governance lead if it has left the team."
)


def _error(code: str, sentence: str, mend: str, *moves: str) -> Rule:
    return Rule(code, "error", sentence, mend, moves)


def _query(code: str, sentence: str, mend: str, *moves: str) -> Rule:
    return Rule(code, "query", sentence, mend, moves)


CATALOGUE: dict[str, tuple[Rule, ...]] = {
    "The folder and its files": (
        _error(
            "folder_absent",
            "There is no folder of extracts for this edition.",
            "Make a folder named after the edition inside the extracts folder and put the extracts into it.",
        ),
        _error(
            "no_required_extract",
            "There is neither a missing_episodes nor a cme_referrals extract.",
            "Put at least one of the two into the edition's folder, as .csv, .xlsx or .parquet, named exactly so.",
        ),
        _error(
            "interviews_without_episodes",
            "Return interviews are there without missing_episodes, so their episodes are unknown.",
            "Add the missing_episodes extract, or take return_interviews out.",
            *INTERVIEWS,
        ),
        _error(
            "two_files_for_one_extract",
            "There are several files for this extract ({formats}); which one counts is not known.",
            "Keep one of them in the folder and move the others out.",
        ),
        _error(
            "in_quarantine",
            "The extract held personal data and was moved into quarantine; it has not come back since.",
            "Put the extract without them into the folder. If the edition is to do without it, delete the note "
            "{extract}.quarantined.json.",
        ),
        _query(
            "unknown_file",
            "{file} is not an extract, and was not read.{hint}",
            "Take it out of the folder, or name it as the extract that it is.",
        ),
        _error(
            "not_a_plain_file",
            "This is {kind}, not a plain file, and was not read.",
            "Put a copy of the file itself into the folder.",
        ),
        _error(
            "empty_file", "The file has 0 bytes.", "Export it again. An extract without rows still has its header line."
        ),
        _error(
            "file_too_large",
            "The file is larger than {limit}, which is more than half of the memory that a build may take.",
            "Check what was exported; split off the years that the edition does not need, or raise memory in storyboard.yml.",
        ),
        _error(
            "file_changing",
            "The file changed while it was being read.",
            "Wait until it has been written completely, then check again.",
        ),
        _query(
            "published_statistics_not_read",
            "The file has none of the layouts of the department that are known, and was not read.",
            "Put the file in as it was downloaded, or take it out.",
        ),
    ),
    "Encoding and the shape of the text": (
        _error(
            "utf_16",
            "The file is in UTF-16 or UTF-32, not in UTF-8.",
            "Save it as CSV UTF-8 (in Excel: Save As, 'CSV UTF-8 (Comma delimited)').",
        ),
        _error(
            "not_utf_8",
            "The file is not valid UTF-8 from this line on.",
            "Save it as CSV UTF-8, or declare its encoding with --encoding cp1252 if that is what it is.",
        ),
        _error(
            "not_cp1252",
            "The file was declared as cp1252, but holds bytes that cp1252 does not have.",
            "Leave out --encoding cp1252 if the file is UTF-8, or export it again.",
        ),
        _error(
            "nul_character",
            "The file holds NUL characters: it is damaged, or not a text file.",
            "Export it again as CSV UTF-8.",
        ),
        _error(
            "damaged_text",
            "The text holds a replacement character: something before us read it in the wrong encoding.",
            "Export the file again from the case system as CSV UTF-8.",
        ),
        _error(
            "unclosed_quote",
            "A quotation mark opens in this record and is never closed.",
            "Close it, or export the file again: a file that was cut off looks like this.",
        ),
        _error(
            "broken_quoting",
            "Text follows a closing quotation mark in this record.",
            "Put the whole cell in quotation marks and double those inside it, or export the file again.",
        ),
        _error(
            "cell_too_long",
            "A cell is longer than {limit} characters.",
            "No column needs more than a few words of code. Look for an unclosed quotation mark or for free text.",
        ),
        _error("too_many_columns", "There are more than {limit} columns.", "Export only the columns of the schema."),
        _error(
            "too_many_rows",
            "There are more than {limit} rows.",
            "Export only the years that the edition needs; as Parquet, or without any quotation mark, more rows can be read.",
        ),
        _error(
            "ragged_row",
            "The row has {cells} cells where the header has {columns}.",
            "Look for a comma inside a cell without quotation marks, or for a row that was cut off.",
        ),
        _error(
            "blank_line", "There is a blank line between rows.", "Take it out; blank lines may stand at the end only."
        ),
        _error("blank_row", "No cell of this row is filled.", "Take the row out."),
    ),
    "The header": (
        _error(
            "header_absent",
            "The first line is not the header: it holds none of the columns of the schema.",
            "Put the names of the columns into line 1, and nothing above them.",
        ),
        _error(
            "wrong_separator",
            "The columns are separated by {separator}, not by commas.",
            "Save the file as comma-separated CSV.",
        ),
        _error(
            "unknown_column",
            "Column {position} is not in the schema, and only listed columns may come in.{hint}",
            "Take the column out of the export. Its name is not repeated here, in case it is personal data.",
        ),
        _error(
            "identifier_column",
            "Column {position} is named as personal data are ({word}), and may not come in.",
            "Take the column out of the export. Delete this file where it should not be.",
        ),
        _error(
            "header_not_exact",
            "Column {position} must be written exactly {field}.",
            "Correct the header: lower case, underscores, no spaces before or after.",
        ),
        _error("unnamed_column", "Column {position} has no name.", "Name the column, or take it out."),
        _error("repeated_column", "The column {field} is there more than once.", "Keep one of them."),
        _error(
            "column_absent",
            "The required column {field} is not there.",
            "Add the column {field}: {title}.",
        ),
        _error(
            "meaningful_column_absent",
            "The column {field} is not there, and its blank has a meaning ({meaning}).",
            "Add the column {field}, left blank only where that is so.",
        ),
    ),
    "Workbooks and Parquet files": (
        _error(
            "workbook_unreadable",
            "The workbook cannot be opened: it is damaged, protected by a password, or not an .xlsx file.",
            "Open it in Excel, save it as 'Excel Workbook (.xlsx)' without a password, or save it as CSV UTF-8.",
        ),
        _error(
            "workbook_too_large",
            "The workbook unpacks to far more than it should ({what}).",
            "Save the sheet as CSV UTF-8.",
        ),
        _error(
            "workbook_sheets",
            "The workbook has {sheets} sheets, hidden ones among them; it may have one.",
            "Keep the sheet of the extract and delete the others.",
        ),
        _error(
            "workbook_contents",
            "The workbook holds {what}.",
            "Copy the values of the sheet into a new workbook, or save the sheet as CSV UTF-8.",
        ),
        _error(
            "workbook_properties",
            "The workbook's {what} hold what looks like personal data.",
            "In Excel, take it out under File, Info, Inspect Workbook; or save the sheet as CSV UTF-8.",
        ),
        _error(
            "workbook_formula",
            "A cell holds a formula.",
            "Copy the column and paste it over itself as values.",
        ),
        _error(
            "workbook_error_value",
            "A cell holds an Excel error instead of a value.",
            "Mend the cell, or leave it blank if the value is not recorded.",
        ),
        _error(
            "workbook_long_number",
            "A number of more than 15 digits has lost its last digits in Excel.",
            "Export the column as text, from the case system, again.",
        ),
        _error(
            "parquet_unreadable",
            "The Parquet file cannot be read: it is damaged, cut off, or not a Parquet file.",
            "Write it again, or use CSV UTF-8.",
        ),
        _error(
            "parquet_too_large",
            "The Parquet file unpacks to more than the memory that a build may take.",
            "Check what was exported, or raise memory in storyboard.yml.",
        ),
        _error(
            "parquet_type",
            "The column is stored as a type that an extract does not have.",
            "Store it as text, a whole number, a boolean, a date or a timestamp in whole seconds.",
        ),
    ),
    "One cell": (
        _error("blank_required", "{field} is blank and is required.", "Fill it in the case system and export again."),
        _error(
            "not_exact",
            "{field} has stray spaces, another case or another way of writing than the schema's.",
            "Write the value exactly as the schema lists it: no spaces before or after, lower case where it is lower case.",
        ),
        _error(
            "not_in_list",
            "{field} holds a value that is not one of its codes.",
            "Use one of: {allowed}.",
        ),
        _error(
            "not_an_id",
            "{field} is not an id in the agreed pattern.",
            "Ids have 1 to 64 letters, digits, hyphens and underscores, and nothing else.",
        ),
        _error(
            "not_an_authority",
            "{field} is not an ONS code of a local authority.",
            "Use the nine-character code, E and eight digits, or leave it blank for your own authority where it may be.",
        ),
        _error("not_a_boolean", "{field} is neither true nor false.", "Write true or false, in lower case."),
        _error("not_a_whole_number", "{field} is not a whole number.", "Write digits only."),
        _error(
            "out_of_range",
            "{field} is outside {minimum} to {maximum}.",
            "Correct the value, or leave it blank if it is not recorded.",
        ),
        _error(
            "not_a_date",
            "{field} is not a date as YYYY-MM-DD.",
            "Write dates as YYYY-MM-DD. If Excel changed them, format the column as text before exporting.",
        ),
        _error(
            "not_a_timestamp",
            "{field} is not a date and time as YYYY-MM-DDTHH:MM.",
            "Write YYYY-MM-DDTHH:MM (or with :SS), local time, or with Z or an offset such as +01:00; or the date alone.",
        ),
        _error("no_such_date", "{field} names a date or time that does not exist.", "Correct it in the case system."),
        _error(
            "date_out_of_range",
            "{field} lies before 1990 or after 2099: a placeholder, not a date.",
            "Put the real date, or leave the cell blank where a blank is allowed.",
        ),
        _error(
            "not_a_factor_list",
            "{field} holds something other than its codes.",
            "Use the codes, separated by semicolons without spaces: {allowed}.",
        ),
        _error(
            "repeated_factor",
            "{field} lists a code twice, or has an empty place in its list.",
            "List each code once, separated by single semicolons, with none at the end.",
        ),
        _error(
            "damaged_by_spreadsheet",
            "{field} holds what a spreadsheet makes of a value (a number in scientific notation, a formula or an error).",
            "Format the column as text before the file is opened in Excel, or export again without opening it.",
        ),
        _query(
            "local_time_never_happened",
            "{field} is in the hour that the clocks skip in spring; it is read with the offset before the change.",
            "Check the time with the team that recorded it.",
            "missing_episodes",
        ),
    ),
    "One row": (
        _error(
            "not_unique",
            "{fields} repeat those of line {line}.",
            "Keep one of the two rows, or correct the id.",
        ),
        _error(
            "ended_before_started",
            "The episode ends before it starts.",
            "Correct started_at or ended_at in the case system.",
            "missing_episodes",
            "median_missing_hours",
        ),
        _error(
            "end_reason_while_open",
            "end_reason is filled, but ended_at is blank.",
            "Fill ended_at, or clear end_reason.",
            "children_located",
        ),
        _error(
            "placement_not_looked_after",
            "{field} is filled, but the child was not looked after.",
            "Clear {field}, or correct looked_after.",
            "looked_after_missing_episodes",
        ),
        _error(
            "closed_before_referred",
            "The referral is closed before it was made.",
            "Correct referred_on or closed_on.",
            *REFERRALS,
        ),
        _error(
            "outcome_absent",
            "The referral is closed, but has no outcome.",
            "Fill outcome.",
            "cme_closed",
            "cme_located",
        ),
        _error(
            "outcome_while_open",
            "The referral has an outcome, but is not closed.",
            "Fill closed_on, or clear outcome.",
            "cme_closed",
            "cme_open",
        ),
        _query(
            "absent_after_2017",
            "The police have not used the category absent since January 2017.",
            "Check the type: later episodes are missing, with the risk level no_apparent_risk where that was so.",
            *EPISODES,
        ),
        _query(
            "away_not_looked_after",
            "Only a looked-after child can be away from a placement, and this one was not looked after.",
            "Check episode_type and looked_after.",
            *EPISODES,
        ),
        _query(
            "risk_ended_before_started",
            "The risk ends before it starts.",
            "Check started_on and ended_on.",
            "children_at_risk_of_cme",
        ),
        _query(
            "left_before_entered",
            "The child left the roll before it came on it.",
            "Check entry_date and leaving_date.",
            "cme_found_on_roll",
        ),
    ),
    "Rows together, and extracts together": (
        _error(
            "interview_rows_disagree",
            "{field} differs from line {line}, which is of the same interview.",
            "The rows of one interview may differ in episode_id, offered_at and response only.",
            *INTERVIEWS,
        ),
        _error(
            "orphan_interview",
            "episode_id is not an episode of missing_episodes.",
            "Add the episode to missing_episodes, or correct the id.",
            *INTERVIEWS,
        ),
        _query(
            "interview_before_return",
            "The interview was held before the child was back.",
            "Check held_at here and ended_at of the episode.",
            *INTERVIEWS,
        ),
        _query(
            "interview_before_episode",
            "The interview was held before its episode began.",
            "Check held_at here and started_at of the episode; or the interview is of another episode.",
            *INTERVIEWS,
        ),
        _query(
            "overlapping_episodes",
            "The episode starts while another of the same child has not ended (line {line}).",
            "Check whether the two are one episode, or whether the end of the earlier one is missing or wrong.",
            *EPISODES,
        ),
        _query(
            "referred_while_open",
            "The child is referred while an earlier referral of the same child is not closed (line {line}).",
            "Check whether the two are one referral, or whether the earlier one should have been closed.",
            *REFERRALS,
        ),
        _query(
            "referred_again_at_once",
            "The child is referred again within {days} days of the closure of an earlier referral (line {line}).",
            "Check whether the earlier one was closed too early: the two may be one referral.",
            *REFERRALS,
            "cme_re_referrals",
        ),
        _query(
            "referred_after_over_age",
            "The child is referred although an earlier referral was closed as over compulsory school age (line {line}).",
            "Check the outcome there and the child here; or two children share a pseudonym.",
            *REFERRALS,
        ),
        _query(
            "sex_contradicts",
            "sex differs from that of the same child elsewhere ({elsewhere}, line {line}).",
            "Check the child's record; or two children share a pseudonym.",
            "episodes_reported",
            "cme_referrals",
        ),
        _query(
            "age_contradicts",
            "age cannot be true together with that of the same child in line {line}.",
            "Check the ages; or two children share a pseudonym.",
            "children_reported",
        ),
        _error(
            "risk_of_unknown_authority",
            "The authority has neither episodes nor referrals in this edition.",
            "Correct the authority, or take the row out.",
            "children_at_risk_of_cme",
        ),
        _query(
            "population_of_unknown_authority",
            "The authority has neither episodes nor referrals in this edition; its population is not used.",
            "Check the authority, or leave the row as it is.",
            "children_reported_per_10000",
        ),
        _query(
            "no_rows",
            "The extract has a header and no rows, so everything in it counts 0.",
            "Check that this is so: an extract that could not be had should be left out instead.",
        ),
        _query(
            "month_without_rows",
            "No row falls in {month}.",
            "Check that nothing happened in that month, or that the export is complete.",
        ),
        _query(
            "out_of_period",
            "Rows outside {start} to {end}, the period of this edition: {count}. Its period figures do not count them.",
            "Nothing, if the extract is meant to carry other years as well.",
        ),
        _query(
            "after_as_at",
            "Cells of {field} later than {as_at}, the day whose position the edition states: {count}. They are read as blank.",
            "Nothing, if the extract was taken later than that day; else check the dates.",
        ),
    ),
    "Against the extracts of the edition before": (
        _query(
            "ids_not_kept",
            "No id is one of the edition before, though both extracts cover the same months.",
            "Export the same ids every year; until then late, corrected and vanished rows cannot be told.",
        ),
        _query(
            "pseudonyms_not_kept",
            "No child is one of the edition before, so the pseudonyms seem to have been made anew.",
            "Make pseudonyms with the same key every year: one child has one pseudonym in every edition.",
            "children_reported",
            "cme_children_referred",
        ),
        _query(
            "late_rows",
            "Rows of months that the edition before covered, which were not in its extract: {count}.",
            "Ask why they came late. The figures published then do not count them.",
            "episodes_reported",
            "cme_referrals",
        ),
        _query(
            "corrected_rows",
            "Rows that differ from those of the same id in the edition before, other than by blanks filled since: {count}.",
            "Ask what was corrected. The figures published then rest on what stood there before.",
            "episodes_reported",
            "cme_referrals",
        ),
        _query(
            "vanished_rows",
            "Rows of the edition before that are not here, though their month is or they were open: {count}.",
            "Ask whether they were deleted, merged or left out of the export.",
            "episodes_reported",
            "cme_referrals",
            "cme_open",
        ),
    ),
    "Personal data": (
        _error("holds_nhs_numbers", "{place} holds NHS numbers{shape}.", PSEUDONYMISE),
        _error("holds_upns", "{place} holds unique pupil numbers (UPN){shape}.", PSEUDONYMISE),
        _error("holds_national_insurance_numbers", "{place} holds National Insurance numbers{shape}.", PSEUDONYMISE),
        _error("holds_postcodes", "{place} holds postcodes{shape}.", PSEUDONYMISE),
        _error("holds_email_addresses", "{place} holds an e-mail address{shape}.", PSEUDONYMISE),
        _error("holds_telephone_numbers", "{place} holds telephone numbers{shape}.", PSEUDONYMISE),
        _error(
            "holds_dates", "{place} holds dates where none belong{shape}: they may be dates of birth.", PSEUDONYMISE
        ),
        _error("holds_names", "{place} holds what look like names of people{shape}.", PSEUDONYMISE),
        _error("holds_addresses", "{place} holds what look like addresses{shape}.", PSEUDONYMISE),
        _error("holds_free_text", "{place} holds free text.", "Take the text out; only codes may come in."),
    ),
}
"""Every rule, by what it looks at."""

RULES: dict[str, Rule] = {rule.code: rule for rules in CATALOGUE.values() for rule in rules}
"""Every rule by its code, in the order in which the gate comes to them."""

PERSONAL_DATA = frozenset(
    {code for code in RULES if code.startswith("holds_")} | {"identifier_column", "workbook_properties"}
)
"""The rules that say that a file holds what no extract may carry: such a file is kept apart."""
