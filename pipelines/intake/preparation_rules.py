"""The rules of preparing: what may be wrong with a return or an export before it is an extract, each rule once.

Those of the return on looked-after children keep the department's own codes. How a rule is checked stands elsewhere;
the words in braces are names and line numbers of ours, never anything read from a cell.
"""

from __future__ import annotations

from pipelines.intake.rules import EPISODES, Rule, Severity

DURATIONS = ("median_missing_hours",)
LOCATED = ("children_located", "children_not_located")
LOOKED_AFTER = ("looked_after_missing_episodes", "looked_after_children_reported")
LEFT_OUT = "The row is left out until it is mended."


def _rule(code: str, severity: Severity, sentence: str, mend: str, *moves: str) -> Rule:
    if severity == "error":
        mend = f"{mend} {LEFT_OUT}"
    return Rule(code, severity, sentence, mend, moves)


_IN_THE_RETURN = "Correct it in the case system and export the return again."

_CATALOGUE = (
    # the missing module, one row: the department's validation rules
    _rule("1004", "error", "MIS_START is blank or not a date (dd/mm/yyyy).", _IN_THE_RETURN, *EPISODES),
    _rule("1005", "error", "MIS_END is not a date (dd/mm/yyyy).", _IN_THE_RETURN, *DURATIONS),
    _rule("1006", "error", "MISSING is neither M nor A.", _IN_THE_RETURN, *EPISODES),
    _rule("564", "error", "MISSING is given, but MIS_START is blank.", "Fill in the day on which it began.", *EPISODES),
    _rule("565", "error", "MIS_START is given, but MISSING is blank.", "Say whether it was M or A.", *EPISODES),
    _rule("566", "error", "MIS_END is given, but MISSING is blank.", "Say whether it was M or A.", *EPISODES),
    _rule("567", "error", "MIS_END is before MIS_START.", _IN_THE_RETURN, *DURATIONS),
    _rule("586", "error", "MIS_START is not after the child's date of birth.", "Correct MIS_START or DOB.", *EPISODES),
    _rule(
        "570",
        "query",
        "MIS_START is after the end of the collection year ({end}); the row is kept and not counted in this edition.",
        "Check the date, or that this is the return of the right year.",
        *EPISODES,
    ),
    _rule(
        "571",
        "query",
        "MIS_END is outside the collection year ({start} to {end}).",
        "Check the date, or that this is the return of the right year. A period still open on the last day has none.",
        *DURATIONS,
    ),
    # the missing module, rows of one child
    _rule(
        "574",
        "query",
        "The period starts while an earlier one of the same child (line {line}) has not ended.",
        "Check whether the two are one period, or whether MIS_END of the earlier one is missing or wrong.",
        *EPISODES,
        *DURATIONS,
    ),
    _rule(
        "576",
        "query",
        "The period was still open in last year's return, and no period of this year's continues it.",
        "Add it to this year's return with the same MIS_START, and with MIS_END once the child is found.",
        *LOCATED,
    ),
    # the missing module beside the episodes of care
    _rule(
        "575",
        "query",
        "The placement from which the child went missing has ended (line {line} of episodes), and MIS_END is blank.",
        "Fill MIS_END: the day on which the child was found, or on which the placement ended.",
        *LOCATED,
    ),
    _rule(
        "577",
        "query",
        "The child ceased to be looked after (line {line} of episodes), and MIS_END is blank.",
        "Fill MIS_END: the day on which the child was found, or on which the care ended.",
        *LOCATED,
    ),
    _rule(
        "577_late_end",
        "query",
        "In {rows} MIS_END is later than the day on which the child ceased to be looked after (rule 577). The episodes are "
        "kept as they are: for the story board an episode lasts until the child is found.",
        "Nothing for the story board. For the return itself, end the period on the day on which the care ended.",
    ),
    _rule(
        "578",
        "query",
        "MIS_START is after the child ceased to be looked after.",
        "Check MIS_START, or whether an episode of care is not in the return.",
        *LOOKED_AFTER,
    ),
    _rule(
        "580",
        "query",
        "The child was missing until the 18th birthday, when the care ended, but REC (line {line} of episodes) is not E8.",
        "Check REC: care that ends because the child turns 18 has E8.",
        *LOCATED,
    ),
    _rule(
        "581",
        "query",
        "MIS_START is before the child started to be looked after.",
        "Check MIS_START and DECOM, or whether an episode of care is not in the return.",
        *LOOKED_AFTER,
    ),
    _rule(
        "1012",
        "query",
        "The child has no episode of care in the return, so nothing shows that it was looked after in the year.",
        "Check whether the child's episodes of care are not in the return, or the row should not be there.",
        *LOOKED_AFTER,
    ),
    _rule(
        "INT04",
        "query",
        "The child is not in the header; sex and ethnicity are not known.",
        "Add the child to the header.",
        "children_reported",
    ),
    _rule(
        "INT13",
        "query",
        "DOB differs from the header; the age is left blank.",
        "Find out which of the two is right.",
        "children_reported",
    ),
    # what the return's own rules do not say
    _rule("child_blank", "error", "CHILD is blank.", "Fill in the child's number.", *EPISODES),
    _rule("row_repeated", "error", "The row repeats line {line}.", "Take one of the two out.", *EPISODES),
    _rule(
        "not_a_child",
        "error",
        "At MIS_START the child was 18 or older.",
        "Correct MIS_START or DOB.",
        *EPISODES,
    ),
    _rule(
        "age_not_known",
        "query",
        "There is no date of birth that can be read; the age is left blank.",
        "Fill in DOB as dd/mm/yyyy.",
        "children_reported",
    ),
    _rule(
        "taken_as_not_found",
        "query",
        "MIS_END is the 18th birthday: the case is taken as closed without the child being found.",
        "If the child was found on that day, set end_reason to returned in the extract.",
        *LOCATED,
    ),
    _rule(
        "placement_not_clear",
        "query",
        "The placement at MIS_START is no code of the return, or two differ; it is left blank.",
        "Correct PLACE in the episodes of care.",
        "looked_after_missing_episodes",
    ),
    _rule(
        "sex_not_known",
        "query",
        "SEX is no code of the return; it is taken as not known.",
        _IN_THE_RETURN,
        "children_reported",
    ),
    _rule(
        "ethnicity_not_known",
        "query",
        "ETHNIC is no code of the return; it is taken as not known.",
        _IN_THE_RETURN,
        "children_reported",
    ),
    _rule(
        "child_repeated",
        "query",
        "The child is there more than once (line {line}); what the rows disagree about is taken as not known.",
        "Keep one row for each child.",
        "children_reported",
    ),
    _rule(
        "care_not_readable",
        "query",
        "CHILD, DECOM or DEC cannot be read; the row is not used for placements.",
        _IN_THE_RETURN,
        *LOOKED_AFTER,
    ),
    # an export with a mapping
    _rule(
        "value_not_mapped",
        "query",
        "The column {column} holds a value that codes do not list, {times} (first in line {first}); {field} is left blank.{hint}",
        "Add the value to codes of {field} in the mapping.",
    ),
    _rule(
        "required_value_not_mapped",
        "error",
        "The column {column} holds a value that codes do not list, {times} (first in line {first}); {field} is required.{hint}",
        "Add the value to codes of {field} in the mapping.",
    ),
    _rule(
        "moment_not_as_declared",
        "query",
        "The column {column} is not written in the format that the mapping declares; {field} is left blank.",
        "Correct format in the mapping, or the cell in the case system.",
    ),
    _rule(
        "required_moment_not_as_declared",
        "error",
        "The column {column} is not written in the format that the mapping declares, and {field} is required.",
        "Correct format in the mapping, or the cell in the case system.",
    ),
    _rule(
        "moment_out_of_range",
        "query",
        "The column {column} lies before 1990 or after 2099: a placeholder; {field} is left blank.",
        "Put the real date, or list the placeholder under blank in the mapping.",
    ),
    _rule(
        "required_moment_out_of_range",
        "error",
        "The column {column} lies before 1990 or after 2099: a placeholder, and {field} is required.",
        "Put the real date.",
    ),
    _rule(
        "required_blank",
        "error",
        "{field} is required, and the column {column} is blank.",
        "Fill it in the case system.",
    ),
    _rule(
        "value_not_fitting",
        "query",
        "What the column {column} holds is no value of {field}, which is left blank.",
        "Correct the cell, or name another column in the mapping.",
    ),
    _rule(
        "required_value_not_fitting",
        "error",
        "What the column {column} holds is no value of {field}, which is required.",
        "Correct the cell, or name another column in the mapping.",
    ),
    _rule(
        "not_in_lookup",
        "query",
        "No row of {lookup} belongs to this one; what comes from there is left blank.",
        "Export both files together, so that each row has its own.",
    ),
    _rule(
        "lookup_repeated",
        "query",
        "Another row of {lookup} (line {line}) has the same key; the first is used.",
        "Keep one row for each key, or name a column that is unique.",
    ),
    _rule(
        "not_a_child_at_start",
        "error",
        "By the date of birth the child was not 0 to 17 years old at the start.",
        "Correct the date of birth or the start.",
        *EPISODES,
    ),
)

PREPARATION_RULES: dict[str, Rule] = {rule.code: rule for rule in _CATALOGUE}
"""Every rule of preparing by its code. `577_late_end` is reported as 577."""
