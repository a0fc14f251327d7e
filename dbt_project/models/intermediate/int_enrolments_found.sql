-- School census rows become enrolments: who is on roll, and where, in the latest census at `as_at`.
with known as (
    select
        census.*,
        periods.as_at,
        max(census.census_on) over () as latest_census_on
    from {{ ref('stg_school_census') }} as census
    inner join {{ ref('stg_edition_periods') }} as periods
        on
            periods.collection = 'education'
            and census.census_on <= periods.as_at
)

select
    child_id,
    school_id,
    census_on,
    entered_on,
    left_on
from known
where
    census_on = latest_census_on
    and entered_on <= as_at
    and (left_on is null or left_on > as_at)
