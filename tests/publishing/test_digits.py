from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.publishing.digits import find_typed_figures, read_stated
from pipelines.register import read_categories, read_metrics

STATED = read_stated(
    [text for m in read_metrics().values() for text in (m.description, m.unit)]
    + [c.label for members in read_categories().values() for c in members]
)


@pytest.mark.parametrize(
    "sentence",
    [
        "530 episodes were reported.",
        "There were 1,240 episodes.",
        "About 39% of them were offered in time.",
        "Girls had 341 of the episodes.",
        "## 530 episodes",
        "- 12 children went missing often",
        "The number rose from 24 to 31.",
        "The average was 3.3.",
        "In York 2014 episodes were reported.",
        "In York there were 2014\nchildren reported.",
        "The child's 5 episodes were short.",
        "It happened on 120 occasions.",
        "Over 60 were late.",
        "They were missing for 26 hours in the middle case.",
        "| Missing | 472 |",
        "**{{ figure('episodes_reported') }}** episodes, 266 of them of looked-after children",
        "[12 referrals](education/index.md) were made",
    ],
)
def test_a_digit_typed_where_a_figure_belongs_is_found(sentence: str) -> None:
    assert find_typed_figures(sentence, STATED)


@pytest.mark.parametrize(
    "sentence",
    [
        "From 1 April 2014 to 31 March 2015 and on 12.01.16.",
        "Between 2013 and 2017, in 2014-15, in April 2015, by 2015-04-01.",
        "The Education Act 1996, section 436A, s436A and s.436A(2), SI 2006/1751, regulation 12.",
        "Working Together to Safeguard Children 2018, chapter 2, paragraphs 4 to 6.",
        "A girl aged 14; children aged 5 to 16; 16 and 17 year olds; a 14-year-old; under 18s; her 18th birthday.",
        "1. First\n2) Second\n\n## 4 Prevalence\n\n### Outcome 1: interviews",
        "Offered within 72 hours, missing for 24 hours or more, three times in 90 days, a rate per 10,000.",
        "The return SSDA903, the form P1E, WCAG 2.2 and Year 11 pupils in Key Stage 4.",
        "Every page at 320 pixels, of 100 kB at most.",
        "The department released it in 2023\nChildren missing education are counted on three days.",
        "Call 116 000 or ring 999, 24/7, from 6 pm. Call 0800 1111.",
        "[Read it](https://www.example.gov.uk/2016/530) at https://example.org/12/34 and <https://example.org/7>.",
        "`figure 530` and {{ figure('a', x=5) }} {% if 3 > 2 %}words{% endif %} {# 17 #} <!-- 19 -->",
        "```\n530\n```",
        '<div style="width: 40px" class="c4">words</div> {: #top40 } &#8217; a note[^1]',
        "---\ntitle: 40 things\n---\nwords",
    ],
)
def test_dates_law_ages_durations_of_definitions_lists_and_code_are_not_figures(sentence: str) -> None:
    assert find_typed_figures(sentence, STATED) == []


def test_a_typed_figure_is_found_on_its_own_line() -> None:
    source = "---\ntitle: x\n---\n\n# Heading\n\n{% if a %}\nSome words, dated 1 May 2015,\nand 530 episodes.\n"
    (found,) = find_typed_figures(source)
    assert (found.line, found.text) == (9, "530")


@given(st.integers(min_value=0, max_value=99_999), st.sampled_from(["episodes", "children", "referrals"]))
def test_any_counted_number_is_found_whatever_it_is(number: int, counted: str) -> None:
    for text in (str(number), f"{number:,}"):
        assert find_typed_figures(f"In the year {text} {counted} were recorded.", STATED)
        assert find_typed_figures(f"There were {text} {counted} under 18.", STATED)


@given(st.dates(), st.text(alphabet="abc .,\n", max_size=20))
def test_a_date_in_words_is_never_a_figure(day: date, around: str) -> None:
    text = f"{around}{day:%-d %B} {max(1900, min(2099, day.year))} {around}"
    assert find_typed_figures(text) == []
