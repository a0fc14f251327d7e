with censuses as (
    select is_present
    from {{ ref('stg_inventory') }}
    where extract_name = 'school_census'
),

cases as (
    select
        referrals.*,
        periods.last_review_on,
        {{ days_between('referrals.referred_on', 'coalesce(referrals.closed_on, periods.as_at)') }} as days_on_list
    from {{ ref('referrals') }} as referrals
    inner join {{ ref('stg_edition_periods') }} as periods
        on periods.collection = 'education'
    -- A case that was closed on the day of the last review was closed when it looked.
    where referrals.is_open or referrals.closed_on > periods.last_review_on
)

select
    cases.authority,
    cases.referral_id,
    cases.child_id,
    cases.referred_on,
    cases.closed_on,
    cases.is_open,
    coalesce(cases.outcome, 'open') as outcome,
    cases.days_on_list,
    {{ length_band('cases.days_on_list') }} as length_band,
    cases.phase,
    cases.source,
    cases.circumstance,
    -- Without a census nobody knows.
    case when censuses.is_present then cases.is_on_roll end as is_on_roll,
    cases.last_review_on
from cases
cross join censuses
