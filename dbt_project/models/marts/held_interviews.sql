with covered as (
    select
        records.interview_id,
        records.authority,
        records.child_id,
        records.episode_id,
        records.held_at,
        records.interviewer,
        records.has_factors,
        records.is_shared_with_police,
        due.looked_after_status,
        due.placement_location,
        episodes.ended_at,
        case
            when episodes.has_end_time and records.has_interview_time
                then {{ elapsed_seconds('episodes.ended_at', 'records.held_at') }} <= 72 * 3600
        end as is_within_72_hours
    from {{ ref('interview_records') }} as records
    inner join {{ ref('episodes') }} as episodes
        on records.episode_id = episodes.episode_id
    inner join {{ ref('return_interviews') }} as due
        on records.episode_id = due.episode_id
    where records.is_held
)

select
    interview_id,
    {{ first_of('authority', ['ended_at', 'episode_id']) }} as authority,
    {{ joined('child_id', ['child_id'], is_distinct=true) }} as child_ids,
    {{ joined('episode_id', ['ended_at', 'episode_id']) }} as episode_ids,
    cast({{ first_of(in_london('held_at'), ['ended_at', 'episode_id']) }} as date) as held_on,
    {{ first_of('interviewer', ['ended_at', 'episode_id']) }} as interviewer,
    {{ first_of('looked_after_status', ['ended_at', 'episode_id']) }} as looked_after_status,
    {{ first_of('placement_location', ['ended_at', 'episode_id']) }} as placement_location,
    case
        when not bool_and(coalesce(is_within_72_hours, true)) then 'no'
        when bool_or(is_within_72_hours is null) then 'not_known'
        else 'yes'
    end as within_72_hours,
    bool_or(has_factors) as has_factors,
    bool_or(is_shared_with_police) as is_shared_with_police
from covered
group by interview_id
