with open_cases as (
    select
        authority,
        child_id,
        string_agg(referral_id, ';' order by referred_on, referral_id) as referral_ids,
        min(referred_on) as referred_on,
        first(open_length order by referred_on, referral_id) as open_length,
        first(phase order by referred_on desc, referral_id desc) as phase
    from {{ ref('referrals') }}
    where is_open and is_on_roll
    group by all
),

schools as (
    select
        child_id,
        max(census_on) as census_on,
        string_agg(school_id, ';' order by entered_on, school_id) as school_ids,
        string_agg(strftime(entered_on, '%Y-%m-%d'), ';' order by entered_on, school_id) as entered_on,
        string_agg(coalesce(strftime(left_on, '%Y-%m-%d'), ''), ';' order by entered_on, school_id) as left_on
    from {{ ref('int_enrolments_found') }}
    group by all
)

select
    open_cases.authority,
    open_cases.child_id,
    open_cases.referral_ids,
    open_cases.referred_on,
    open_cases.open_length,
    open_cases.phase,
    schools.census_on,
    schools.school_ids,
    schools.entered_on,
    schools.left_on
from open_cases
inner join schools
    on open_cases.child_id = schools.child_id
