-- An extract holds the cases that were closed in the year up to `as_at`, and not all that were closed before: the
-- count of an earlier day would lack some.
select
    {{ written('days.day') }} as census_day,
    days.day as counted_on
from {{ ref('census_days') }} as days
inner join {{ ref('stg_edition_periods') }} as periods
    on
        periods.collection = 'education'
        and days.day between periods.as_at - 364 and periods.as_at
