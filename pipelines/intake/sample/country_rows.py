"""What each invented row of a sample of many authorities says, as SQL that makes it from the child's number and the seed.

The shares and spans are those of the modules that tell one council's year. Nothing is read, written or counted here.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate

from pipelines.figures import Edition, Period
from pipelines.intake.sample import education, missing, people
from pipelines.intake.sample.draws import Quantiles
from pipelines.intake.sample.sql_draws import bits, choose, spread
from pipelines.intake.sample.story import CHILDREN, DOCUMENT_EDITION, LOOKED_AFTER, OTHERS, Interviews, story_of

_YEARS_OF_A_CHILD = {1: 0.78, 2: 0.15, 3: 0.07}
"""In how many years running a child is missing."""
_REFERRED = 59 / CHILDREN
"""Referrals for each child missing in a year, as in the document."""
_ALSO_MISSING = 0.1
_ETHNICITIES = {"white": 0.76, "": 0.04, "not_known": 0.04} | {
    name: 0.16 * share for name, share in education.MINORITIES.items() if name != "white"
}
_AT_RISK = 20 / CHILDREN
_LENGTH_OF_AN_EARLIER_YEAR = 300
"""Days of a school year in which children are referred; the edition's own is as long as its period."""
_DAYS_TO_CLOSE: Quantiles = ((0.0, 1.0), (0.25, 12.0), (0.5, 24.0), (0.75, 43.0), (1.0, 96.0))
_SUMMED_HOURS: Quantiles = tuple(
    (sum(missing.HOURS[:hour]) / sum(missing.HOURS), float(hour)) for hour in range(len(missing.HOURS) + 1)
)


def years_seen(years: int) -> float:
    """In how many of the sample's years a child is expected to be missing: some come too late to be seen in all of theirs."""
    return sum(
        share * min(count, years - first) for first in range(years) for count, share in _YEARS_OF_A_CHILD.items()
    ) / (years * sum(_YEARS_OF_A_CHILD.values()))


def prepare(edition: Edition, years: int, seed: int, sizes: Mapping[str, int]) -> tuple[str, ...]:
    """What the statements rest on: the counts of each of the document's children, where the children are, who is who."""
    starts = accumulate(sizes.values(), initial=0)
    areas = ", ".join(f"('{code}', {first})" for code, first in zip(sizes, starts, strict=False))
    places = [(child.sex, child.missing, child.absent, child.before_care, True) for child in LOOKED_AFTER]
    places += [(sex, count, 0, 0, False) for sex, count in OTHERS]
    rows = ", ".join(f"({place}, '{sex}', {', '.join(map(str, rest))})" for place, (sex, *rest) in enumerate(places))
    span = choose("slice(b1, 2)", {str(count): share for count, share in _YEARS_OF_A_CHILD.items()})
    age = spread("slice(b1, 3)", people.AGES)
    return (
        "create temp table places (place int, sex text, missing int, absent int, before_care int, looked_after bool)",
        f"insert into places values {rows}",
        "create temp table areas (authority text, first_child bigint)",
        f"insert into areas values {areas}",
        f"create temp macro start_of(year) as {_shifted(edition.periods['missing'], years)}",
        f"create temp macro term_of(year) as {_shifted(edition.periods['education'], years)}",
        f"""create temp macro people(low, high) as table
        with numbered as (
            select child, {bits(f"'{seed}'", "'child'", "child")} as b1 from range(low, high) as numbers (child)
        ), placed as (
            select
                child, b1,
                'ch' || left(md5('{seed}/pseudonym/' || child), 16) as child_id,
                floor(slice(b1, 1) * {years})::int as first_year,
                {span}::int as span
            from numbered
        )
        select
            placed.*,
            places.* exclude (place),
            areas.authority,
            (start_of(first_year) + 364 - (least({age}, 17.9 - (span - 1)) * 365.25)::int) as near_birth
        from placed
        inner join places on places.place = floor(slice(b1, 0) * {CHILDREN})
        asof join areas on placed.child >= areas.first_child""",
        f"""create temp macro episodes(low, high) as table {_episodes(years, seed)}""",
        f"""create temp macro referrals(low, high) as table {_referrals(edition, years, seed)}""",
    )


def _shifted(period: Period, years: int) -> str:
    first = period.start
    return f"make_date({first.year - years + 1} + year, {first.month}, {first.day})"


def statements(edition: Edition) -> dict[str, str]:
    """One statement for each extract, over the children from $first to before $stop."""
    told = {"missing_episodes": _MISSING_EPISODES}
    interviews = story_of(edition.periods["missing"].start.year).interviews
    if edition.name != DOCUMENT_EDITION and interviews is not None:
        told["return_interviews"] = _interviews(interviews)
    told["cme_referrals"] = _CME_REFERRALS
    told["school_census"] = _census(edition)
    told["education_risk"] = _risks(edition)
    return told


def _episodes(years: int, seed: int) -> str:
    """Each episode has a part of the year to itself, so that those of one child do not overlap."""
    return f"""
    with seen as (
        select *, unnest(range(first_year, least(first_year + span, {years}))) as year from people(low, high)
    ), counted as (
        select
            *,
            case when year = first_year then 1.0 else
                0.6 + 0.8 * slice({bits(f"'{seed}'", "'year'", "child", "year")}, 0) end as factor
        from seen
    ), numbered as (
        select
            *,
            greatest(1, round((missing + absent + before_care) * factor))::int as count,
            unnest(range(greatest(1, round((missing + absent + before_care) * factor))::int)) as number
        from counted
    ), drawn as (
        select
            *,
            {bits(f"'{seed}'", "'when'", "child", "year", "number")} as b2,
            {bits(f"'{seed}'", "'what'", "child", "year", "number")} as b3,
            {bits(f"'{seed}'", "'how'", "child", "year", "number")} as b4,
            365.0 / count as days
        from numbered
    ), begun as (
        select
            *,
            start_of(year) + floor(days * (number + 0.6 * slice(b2, 0)))::int as begun_on,
            ({spread("slice(b2, 1)", _SUMMED_HOURS)} * 60)::int as minute
        from drawn
    ), timed as (
        select
            *,
            shown(begun_on::timestamp + to_minutes(least(
                case when slice(b2, 2) < 0.7 then minute // 5 * 5 else minute end, 1439))) as begun_at,
            looked_after and not (year = first_year and number < before_care) as in_care,
            begun_on <= date '{missing.ABSENT_UNTIL}' as may_be_absent,
            slice(b3, 0) * (missing + absent) < absent as is_absence
        from begun
    ), told as (
        select
            *,
            case
                when not in_care or not is_absence then 'missing' when may_be_absent then 'absent' else 'away'
            end as kind,
            -- The next one of the child begins no sooner than this.
            (greatest(0.4 * days - 1, 0.04) * 1440) as room
        from timed
    ), lasting as (
        select
            *,
            greatest(least(room, 60 * case
                when kind != 'missing' then {spread("slice(b2, 3)", missing.ABSENCE_HOURS)}
                when slice(b3, 1) < 0.07 then {spread("slice(b2, 3)", missing.LONG_HOURS)}
                else {spread("slice(b2, 3)", missing.SHORT_HOURS)}
            end), 5)::int as minutes
        from told
    )
    select
        *,
        'MIS' || lpad(child::text, 9, '0') || 'y' || lpad(year::text, 2, '0') || 'n' || lpad(number::text, 3, '0')
            as episode_id,
        shown(begun_at + to_minutes(minutes)) as ended,
        slice(b3, 2) < 0.002 and number = count - 1 and year = {years - 1} as is_open,
        (date_sub('year', case when day(near_birth) = 29 then near_birth + 1 else near_birth end, begun_on))::int
            as age
    from lasting"""


_CIRCUMSTANCES_OF_ABSENCE = choose("slice(b4, 0)", missing.RISK_OF_ABSENCE)
_MISSING_EPISODES = f"""
    select
        episode_id,
        child_id,
        authority,
        kind as episode_type,
        case when slice(b3, 3) < 0.01 then iso(begun_at) else stamp(begun_at) end as started_at,
        case when is_open then null when slice(b3, 3) between 0.005 and 0.02 then iso(ended) else stamp(ended) end
            as ended_at,
        case when not is_open then {choose("slice(b2, 2)", missing.END_REASONS)} end as end_reason,
        sex,
        case when slice(b4, 3) >= 0.008 then age::text end as age,
        {choose(f"slice({bits('b1', '1')}, 0)", people.ETHNICITIES)} as ethnicity,
        case when in_care then 'true' else 'false' end as looked_after,
        case when in_care then {choose(f"slice({bits('b1', '1')}, 1)", people.PLACEMENTS)} end as placement_type,
        case when in_care then {choose(f"slice({bits('b1', '1')}, 2)", people.LOCATIONS)} end as placement_location,
        case when kind != 'missing' then {_CIRCUMSTANCES_OF_ABSENCE} else {choose("slice(b4, 0)", missing.RISK)} end
            as risk_level,
        {choose(f"slice({bits('b1', '1')}, 3)", people.CONCERNS)} as exploitation_concern,
        case
            when in_care then {choose("slice(b4, 1)", missing.REPORTED_LOOKED_AFTER)}
            else {choose("slice(b4, 1)", missing.REPORTED_OTHERS)}
        end as reported_by
    from episodes($first, $stop)
    order by child, year, number"""


def _interviews(going: Interviews) -> str:
    """One interview for each return, where an offer or its lack was recorded."""

    def cited(draws: str, factors: dict[str, float]) -> str:
        flags = [
            f"case when slice({bits(draws, repr(place))}, 0) < {chance} then '{name}' end"
            for place, (name, chance) in enumerate(factors.items())
        ]
        return f"nullif(concat_ws(';', {', '.join(flags)}), '')"

    wait = spread("slice(c1, 2)", missing.TO_INTERVIEW)
    return f"""
    with due as (
        select episode_id, ended, {bits("'interview'", "b4")} as c1, {bits("'offer'", "b4")} as c2
        from episodes($first, $stop) where kind = 'missing' and not is_open
    ), offered as (
        select
            *,
            slice(c1, 0) < {going.offered} as is_offered,
            shown(ended + to_minutes((60 * case
                when slice(c2, 0) < {going.offered_in_time} then {spread("slice(c2, 1)", missing.OFFER_IN_TIME)}
                else {spread("slice(c2, 1)", missing.OFFER_LATE)}
            end)::int)) as offered,
            case
                when slice(c1, 1) < {going.accepted} then 'accepted'
                when slice(c1, 1) < {going.accepted + going.declined} then 'declined'
                else 'no_reply'
            end as answer
        from due where slice(c1, 0) < {going.offered} or slice(c1, 3) < 0.3
    ), held as (
        select
            *,
            is_offered and answer = 'accepted' and slice(c2, 2) < {going.held_of_accepted} as is_held,
            shown(offered + to_minutes(({wait} * 60)::int)) as held
        from offered
    )
    select
        'RHI' || substr(episode_id, 4) as interview_id,
        episode_id,
        case when is_offered and not (is_held and slice(c2, 3) < 0.03) then stamp(offered) end as offered_at,
        case when is_offered then answer end as response,
        case when is_held then stamp(held) end as held_at,
        case
            when not is_held then null
            when slice(c2, 3) < {going.independent} then 'independent'
            else {choose(f"slice({bits('c2', '3')}, 0)", {"social_worker": 0.55, "youth_worker": 0.35, "other": 0.1})}
        end as interviewer,
        case when is_held then {cited("c1", missing.PUSH)} end as push_factors,
        case when is_held then {cited("c2", missing.PULL)} end as pull_factors,
        case when is_held and slice(c1, 3) < {going.shared_with_police}
            then iso(held + to_days((slice(c2, 0) * 5)::int)) end as shared_with_police_on
    from held
    order by interview_id"""


def _referrals(edition: Edition, years: int, seed: int) -> str:
    period = edition.periods["education"]
    own_length = (period.end - period.start).days
    return f"""
    with referred as (
        select
            *,
            {bits(f"'{seed}'", "'referred'", "child")} as b2,
            {bits(f"'{seed}'", "'closed'", "child")} as b3,
            {bits(f"'{seed}'", "'circumstances'", "child")} as b4
        from people(low, high)
    ), placed as (
        select *, floor(slice(b2, 1) * {years})::int as year, slice(b2, 3) < {_ALSO_MISSING} as is_also_missing
        from referred where slice(b2, 0) < {_REFERRED * years_seen(years)}
    ), begun as (
        select
            *,
            term_of(year) + floor(slice(b2, 2) * case
                when year = {years - 1} then {own_length + 1} else {_LENGTH_OF_AN_EARLIER_YEAR} end)::int as begun_on,
            {spread("slice(b3, 0)", _DAYS_TO_CLOSE)}::int as days,
            slice(b3, 1) < case when year = {years - 1} then 0.08 else 0.003 end as stays_open
        from placed
    ), repeated as (
        select
            *,
            unnest(range(case when slice(b3, 2) < 0.035 and not stays_open then 2 else 1 end)) as number,
            {choose("slice(b4, 0)", _ETHNICITIES)} as ethnicity,
            slice(b4, 1) < 0.45 as is_primary
        from begun
    ), told as (
        select *, begun_on + (number * (days + 10 + slice(b3, 3) * 30))::int as referred_on from repeated
    )
    select
        *,
        case when not stays_open then referred_on + days end as closed_on,
        'CME' || lpad(child::text, 9, '0') || case when number = 0 then 'a' else 'b' end as referral_id,
        case
            when is_also_missing then child_id else 'ch' || left(md5('{seed}/referred/' || child), 16)
        end as referred_child_id,
        case when is_also_missing then sex when slice(b4, 2) < 0.47 then 'female' else 'male' end as referred_sex,
        case when number = 0 then slice(b4, 3) else slice({bits("b4", "number")}, 0) end as u
    from told
    where referred_on <= date '{period.as_at}'"""


_SOURCE = bits("b4", "'source'")
_CME_REFERRALS = f"""
    select
        referral_id,
        referred_child_id as child_id,
        authority,
        iso(referred_on) as referred_on,
        iso(closed_on) as closed_on,
        case when closed_on is not null then {choose("u", education.OUTCOMES)} end as outcome,
        referred_sex as sex,
        case when is_primary then 'primary' else 'secondary' end as phase,
        ethnicity,
        case
            when ethnicity is null or ethnicity = 'not_known' then 'not_known'
            when slice({bits("b4", "'language'")}, 0) < case when ethnicity = 'white' then 0.06 else 0.55 end then 'other'
            else 'english'
        end as first_language,
        {choose(f"slice({_SOURCE}, 0)", education.SOURCES)} as source,
        case
            when ethnicity = 'gypsy_roma_traveller' then 'traveller'
            when is_primary then {choose("slice(b2, 2)", education.CIRCUMSTANCES[("primary", False)])}
            else {choose("slice(b2, 2)", education.CIRCUMSTANCES[("secondary", False)])}
        end as circumstance
    from referrals($first, $stop)
    order by referral_id"""


def _census(edition: Edition) -> str:
    """The latest census: children found on a roll after their referral, and some who are on one while still referred."""
    day = education.census_days(edition.periods["education"])[-1]
    return f"""
    select
        referred_child_id as child_id,
        '{day}' as census_date,
        'SC' || lpad((1 + floor(slice(b2, 0) * 300)::int)::text, 3, '0') as school_id,
        iso(coalesce(closed_on, date '{day}' - 20)) as entry_date,
        case when slice(b3, 3) < 0.03 and closed_on < date '{day}' - 6 then iso(date '{day}' - 6) end as leaving_date
    from referrals($first, $stop)
    where
        number = 0
        and referred_on < date '{day}' - 7
        and (closed_on between date '{day}' - 700 and date '{day}' - 1 or (closed_on is null and slice(b3, 0) < 0.3))
    order by referral_id"""


def _risks(edition: Edition) -> str:
    as_at = edition.periods["education"].as_at
    return f"""
    with numbered as (
        select child, authority, b1, {bits("b1", "'risk'")} as c1, {bits("b1", "'risky'")} as c2 from people($first, $stop)
    ), told as (
        select *, date '{as_at}' - (10 + (slice(c1, 1) * 470)::int) as began from numbered where slice(c1, 0) < {_AT_RISK}
    )
    select
        'ch' || left(md5(b1 || '/at risk/' || child), 16) as child_id,
        authority,
        {choose("slice(c1, 2)", education.RISKS)} as risk,
        iso(began) as started_on,
        case when slice(c1, 3) < 0.3 then iso(least(began + 14 + (slice(c2, 0) * 180)::int, date '{as_at}' - 1)) end
            as ended_on,
        case when slice(c2, 1) < 0.49 then 'female' else 'male' end as sex,
        case when slice(c2, 2) < 0.3 then 'primary' else 'secondary' end as phase
    from told
    order by child"""
