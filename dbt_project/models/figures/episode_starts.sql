with starts as (
    select
        areas.authority,
        episodes.weekday,
        case
            when episodes.has_start_time then extract(hour from {{ in_london('episodes.started_at') }})
        end as hour_of_day
    from {{ ref('episodes') }} as episodes
    inner join {{ ref('areas') }} as areas
        on episodes.authority = areas.member_authority
)

select
    authority,
    weekday,
    hour_of_day,
    count(*) as episodes
from starts
group by authority, weekday, hour_of_day
