with episodes as (
    {{ rows_of_children(ref('episodes')) }}
),

spaced as (
    select
        *,
        lag(started_on, 2) over (
            partition by authority, child_id, episode_type
            order by started_on
        ) as last_but_one_started_on
    from episodes
),

counted as (
    select
        authority,
        child_id,
        bool_or(is_known_to_several) as is_counted_in_all,
        bool_or(is_looked_after) as is_looked_after,
        {{ first_of('sex', ['started_at', 'episode_id']) }} as sex,
        {{ first_of('age_band', ['started_at', 'episode_id']) }} as age_band,
        {{ first_of('ethnicity', ['started_at', 'episode_id']) }} as ethnicity,
        count(*) as episodes,
        count(*) filter (where is_missing) as missing_episodes,
        count(*) filter (where is_missing_while_looked_after) as missing_episodes_while_looked_after,
        bool_and(is_located) as is_located,
        bool_or(is_missing and coalesce({{ days_between('last_but_one_started_on', 'started_on') }} <= 90, false))
            as is_missing_three_times_in_90_days
    from spaced
    group by authority, child_id
),

placed as (
    {{ placed_in_areas('counted') }}
)

select
    area as authority,
    child_id,
    is_looked_after,
    case when is_looked_after then 'looked_after' else 'not_looked_after' end as looked_after_status,
    sex,
    age_band,
    ethnicity,
    episodes,
    missing_episodes,
    missing_episodes >= 2 as is_repeatedly_missing,
    is_missing_three_times_in_90_days,
    missing_episodes_while_looked_after,
    missing_episodes_while_looked_after > 0 as is_missing_while_looked_after,
    case
        when missing_episodes_while_looked_after < 5 then 'under_5'
        when missing_episodes_while_looked_after < 10 then '5_to_9'
        else '10_or_more'
    end as missing_episodes_band,
    is_located
from placed
