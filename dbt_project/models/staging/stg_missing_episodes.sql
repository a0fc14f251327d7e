with admitted as (
    select * from {{ source('extracts', 'missing_episodes') }}
),

timed as (
    select
        *,
        {{ instant('started_at') }} as started_instant,
        {{ instant('ended_at') }} as ended_instant
    from admitted
)

select
    episode_id,
    child_id,
    authority,
    episode_type,
    started_instant as started_at,
    {{ in_london('started_instant') }} as started_at_local,
    cast({{ in_london('started_instant') }} as date) as started_on,
    {{ has_time('started_at') }} as has_start_time,
    ended_instant as ended_at,
    cast({{ in_london('ended_instant') }} as date) as ended_on,
    {{ has_time('ended_at') }} as has_end_time,
    end_reason,
    sex,
    age,
    ethnicity,
    {{ read_boolean('looked_after') }} as is_looked_after,
    placement_type,
    placement_location,
    risk_level,
    exploitation_concern,
    reported_by,
    source_row,
    started_instant is not null
    and (ended_at is null or ended_instant is not null)
    and {{ read_boolean('looked_after') }} is not null as is_understood
from timed
