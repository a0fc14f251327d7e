with records as (
    select
        episode_id,
        bool_or(is_offered) as is_offered,
        -- Where only some of an episode's offers have a time of day, those count.
        min(timed_offer_at) as first_timed_offer_at,
        coalesce(bool_or(response = 'accepted'), false) as has_accepted_response,
        coalesce(bool_or(response = 'declined'), false) as has_declined_response,
        bool_or(is_held) as is_held,
        {{ first_of('held_at', ['held_at', 'interview_id'], where='is_held') }} as first_held_at,
        {{ first_of('has_interview_time', ['held_at', 'interview_id'], where='is_held') }} as has_interview_time,
        {{ first_of('interviewer', ['held_at', 'interview_id'], where='is_held') }} as interviewer
    from {{ ref('interview_records') }}
    group by episode_id
),

due as (
    select
        episodes.episode_id,
        episodes.child_id,
        episodes.authority,
        episodes.is_known_to_several,
        episodes.looked_after_status,
        episodes.quarter,
        case when episodes.is_looked_after then episodes.placement_location else 'not_looked_after' end
            as placement_location,
        episodes.ended_at,
        episodes.has_end_time,
        coalesce(records.is_offered, false) as is_offered,
        records.first_timed_offer_at,
        coalesce(records.has_accepted_response, false) as has_accepted_response,
        coalesce(records.has_declined_response, false) as has_declined_response,
        coalesce(records.is_held, false) as is_held,
        records.first_held_at,
        coalesce(records.has_interview_time, false) as has_interview_time,
        records.interviewer
    from {{ ref('episodes') }} as episodes
    left join records
        on episodes.episode_id = records.episode_id
    where episodes.is_return_interview_due
),

timed as (
    select
        *,
        case when has_end_time then {{ elapsed_seconds('ended_at', 'first_timed_offer_at') }} end as seconds_to_offer,
        case when has_end_time and has_interview_time then {{ elapsed_seconds('ended_at', 'first_held_at') }} end
            as seconds_to_interview
    from due
),

judged as (
    select
        *,
        coalesce(seconds_to_interview <= 72 * 3600, false) as is_held_within_72_hours,
        coalesce(seconds_to_offer <= 72 * 3600, false) as is_known_offered_within_72_hours
    from timed
)

select
    episode_id,
    child_id,
    authority,
    is_known_to_several,
    looked_after_status,
    quarter,
    placement_location,
    is_offered,
    -- An interview held within 72 hours was offered within 72 hours, whatever the record of the offer says.
    is_known_offered_within_72_hours or is_held_within_72_hours as is_offered_within_72_hours,
    has_accepted_response or is_held as is_accepted,
    has_declined_response and not has_accepted_response and not is_held as is_declined,
    is_held,
    is_held_within_72_hours,
    coalesce(interviewer, 'not_known') as interviewer,
    seconds_to_interview,
    is_offered
    and not is_held_within_72_hours
    and (
        not has_end_time
        or first_timed_offer_at is null
        or (is_held and not has_interview_time)
    ) as is_timeliness_not_known
from judged
