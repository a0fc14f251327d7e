with several as (
    select child_id
    from {{ ref('stg_missing_episodes') }}
    group by child_id
    having min(authority) != max(authority)
),

reported as (
    select
        episodes.*,
        -- The position at the end of `as_at`: what happened later had not happened.
        coalesce(episodes.ended_on <= periods.as_at, false) as has_ended,
        several.child_id is not null as is_known_to_several
    from {{ ref('stg_missing_episodes') }} as episodes
    inner join {{ ref('stg_edition_periods') }} as periods
        on
            periods.collection = 'missing'
            and episodes.started_on between periods.period_start and periods.period_end
    left join several
        on episodes.child_id = several.child_id
),

stood as (
    select
        episode_id,
        child_id,
        authority,
        is_known_to_several,
        episode_type,
        started_at,
        started_at_local,
        started_on,
        has_start_time,
        sex,
        age,
        ethnicity,
        is_looked_after,
        placement_type,
        placement_location,
        risk_level,
        exploitation_concern,
        reported_by,
        has_ended,
        case when has_ended then ended_at end as ended_at,
        case when has_ended then ended_on end as ended_on,
        case when has_ended then has_end_time end as has_end_time,
        case when has_ended then end_reason end as end_reason
    from reported
),

located as (
    select
        *,
        episode_type = 'missing' as is_missing,
        has_ended
        and coalesce(end_reason, 'returned') not in ('turned_18_not_found', 'closed_not_found', 'transferred')
            as is_located,
        case when has_start_time and has_end_time then {{ elapsed_seconds('started_at', 'ended_at') }} end
            as elapsed_seconds
    from stood
),

measured as (
    select
        *,
        case
            when elapsed_seconds is not null then {{ divided('elapsed_seconds', 86400) }}
            else {{ days_between('started_on', 'ended_on') }}
        end as whole_days
    from located
)

select
    episode_id,
    child_id,
    authority,
    is_known_to_several,
    episode_type,
    is_missing,
    is_looked_after,
    is_missing and is_looked_after as is_missing_while_looked_after,
    case when is_looked_after then 'looked_after' else 'not_looked_after' end as looked_after_status,
    sex,
    case
        when age < 10 then 'under_10'
        when age < 13 then '10_to_12'
        when age < 16 then '13_to_15'
        when age < 18 then '16_to_17'
        else 'not_known'
    end as age_band,
    coalesce(ethnicity, 'not_known') as ethnicity,
    {{ month_of('started_on') }} as month,
    {{ quarter_of('started_on') }} as quarter,
    {{ weekday_of('started_on') }} as weekday,
    case
        when not has_start_time then 'not_known'
        when extract(hour from started_at_local) < 6 then '00_to_06'
        when extract(hour from started_at_local) < 12 then '06_to_12'
        when extract(hour from started_at_local) < 18 then '12_to_18'
        else '18_to_24'
    end as time_of_day,
    coalesce(reported_by, 'not_known') as reported_by,
    coalesce(risk_level, 'not_known') as risk_level,
    coalesce(exploitation_concern, 'not_known') as exploitation_concern,
    coalesce(placement_type, 'not_known') as placement_type,
    coalesce(placement_location, 'not_known') as placement_location,
    started_at,
    started_on,
    has_start_time,
    ended_at,
    ended_on,
    has_end_time,
    end_reason,
    is_located,
    case when is_located then elapsed_seconds end as located_after_seconds,
    case
        when not is_located then 'not_yet_located'
        when elapsed_seconds is null then 'not_known'
        when elapsed_seconds < 86400 then 'under_24_hours'
        else '24_hours_or_more'
    end as duration,
    case
        when not is_located then 'not_yet_located'
        when whole_days < 1 then 'under_1_day'
        when whole_days < 3 then '1_to_2_days'
        when whole_days < 8 then '3_to_7_days'
        when whole_days < 11 then '8_to_10_days'
        when whole_days < 16 then '11_to_15_days'
        when whole_days < 21 then '16_to_20_days'
        when whole_days < 31 then '21_to_30_days'
        else 'over_30_days'
    end as duration_band,
    is_missing and is_located and coalesce(end_reason, 'returned') != 'died' as is_return_interview_due
from measured
