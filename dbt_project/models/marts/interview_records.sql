with records as (
    select
        interviews.*,
        episodes.child_id,
        episodes.authority,
        -- The position at the end of `as_at`: what happened later had not happened.
        coalesce(interviews.offered_on <= periods.as_at, false) as has_recorded_offer,
        coalesce(interviews.offered_on > periods.as_at, false) as has_later_offer,
        coalesce(interviews.held_on <= periods.as_at, false) as is_held,
        coalesce(interviews.shared_with_police_on <= periods.as_at, false) as is_shared_with_police
    from {{ ref('stg_return_interviews') }} as interviews
    inner join {{ ref('episodes') }} as episodes
        on
            interviews.episode_id = episodes.episode_id
            and episodes.is_return_interview_due
    inner join {{ ref('stg_edition_periods') }} as periods
        on periods.collection = 'missing'
),

stood as (
    select
        *,
        -- A response belongs to its offer: an offer that had not been made had no response either.
        case when not has_later_offer then response end as known_response
    from records
)

select
    interview_id,
    episode_id,
    child_id,
    authority,
    has_recorded_offer or is_held or known_response is not null as is_offered,
    -- An offer without a date was made no later than the interview.
    case
        when has_recorded_offer and has_offer_time then offered_at
        when not has_recorded_offer and is_held and has_interview_time then held_at
    end as timed_offer_at,
    known_response as response,
    is_held,
    case when is_held then held_at end as held_at,
    is_held and has_interview_time as has_interview_time,
    coalesce(interviewer, 'not_known') as interviewer,
    coalesce(push_factors, {{ empty_list() }}) as push_factors,
    coalesce(pull_factors, {{ empty_list() }}) as pull_factors,
    push_factors is not null or pull_factors is not null as has_factors,
    is_shared_with_police
from stood
