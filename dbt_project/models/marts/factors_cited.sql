with cited as (
    select
        interview_id,
        episode_id,
        child_id,
        authority,
        'push' as direction,
        {{ each_of('push_factors') }} as factor
    from {{ ref('interview_records') }}
    where is_held
    union all
    select
        interview_id,
        episode_id,
        child_id,
        authority,
        'pull' as direction,
        {{ each_of('pull_factors') }} as factor
    from {{ ref('interview_records') }}
    where is_held
)

select distinct
    interview_id || '/' || factor as citation_id,
    interview_id,
    episode_id,
    child_id,
    authority,
    direction,
    factor
from cited
