with known as (
    select
        referrals.*,
        periods.as_at,
        referrals.referred_on between periods.period_start and periods.period_end as is_in_period,
        referrals.referred_on < periods.period_start as is_before_period,
        coalesce(referrals.closed_on <= periods.as_at, false) as is_closed
    from {{ ref('stg_cme_referrals') }} as referrals
    inner join {{ ref('stg_edition_periods') }} as periods
        on
            periods.collection = 'education'
            -- The position at the end of `as_at`: a later referral had not been made, a later closure neither.
            and referrals.referred_on <= periods.as_at
),

several as (
    select child_id
    from {{ ref('stg_cme_referrals') }}
    group by child_id
    having min(authority) != max(authority)
),

enrolled as (
    select distinct child_id
    from {{ ref('int_enrolments_found') }}
)

select
    known.referral_id,
    known.child_id,
    known.authority,
    several.child_id is not null as is_known_to_several,
    known.referred_on,
    case when known.is_closed then known.closed_on end as closed_on,
    case when known.is_closed then known.outcome end as outcome,
    known.is_in_period,
    case when known.is_before_period then 'before_period' else 'in_period' end as referred,
    known.is_closed,
    not known.is_closed as is_open,
    known.is_closed
    and known.outcome not in ('over_compulsory_age', 'not_located', 'closed_under_procedures', 'other') as is_located,
    known.is_closed
    and known.outcome = 'census_reconciled'
    and known.closed_on >= known.as_at - 364 as is_removed_after_census,
    enrolled.child_id is not null as is_on_roll,
    case when known.is_closed then {{ days_between('known.referred_on', 'known.closed_on') }} end as days_to_close,
    {{ length_band(days_between('known.referred_on', 'known.as_at')) }} as open_length,
    known.sex,
    known.phase,
    coalesce(known.ethnicity, 'not_known') as ethnicity,
    coalesce(known.first_language, 'not_known') as first_language,
    case
        when known.ethnicity in ('gypsy_roma_traveller', 'mixed', 'asian', 'black', 'other') then 'yes'
        when known.first_language = 'other' then 'yes'
        when known.ethnicity = 'white' and known.first_language = 'english' then 'no'
        else 'not_known'
    end as ethnic_minority_or_eal,
    coalesce(known.source, 'not_known') as source,
    coalesce(known.circumstance, 'not_known') as circumstance,
    {{ month_of('known.referred_on') }} as month,
    {{ term_of('known.referred_on') }} as term
from known
left join enrolled
    on known.child_id = enrolled.child_id
left join several
    on known.child_id = several.child_id
