with admitted as (
    select * from {{ source('extracts', 'return_interviews') }}
),

timed as (
    select
        *,
        {{ instant('offered_at') }} as offered_instant,
        {{ instant('held_at') }} as held_instant
    from admitted
)

select
    interview_id,
    episode_id,
    offered_instant as offered_at,
    cast({{ in_london('offered_instant') }} as date) as offered_on,
    {{ has_time('offered_at') }} as has_offer_time,
    response,
    held_instant as held_at,
    cast({{ in_london('held_instant') }} as date) as held_on,
    {{ has_time('held_at') }} as has_interview_time,
    interviewer,
    {{ listed('push_factors') }} as push_factors,
    {{ listed('pull_factors') }} as pull_factors,
    {{ read_date('shared_with_police_on') }} as shared_with_police_on,
    source_row,
    (offered_at is null or offered_instant is not null)
    and (held_at is null or held_instant is not null)
    and (
        shared_with_police_on is null or {{ read_date('shared_with_police_on') }} is not null
    ) as is_understood
from timed
