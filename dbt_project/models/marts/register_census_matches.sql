with open_cases as (
    select
        authority,
        child_id,
        {{ joined('referral_id', ['referred_on', 'referral_id']) }} as referral_ids,
        min(referred_on) as referred_on,
        {{ first_of('open_length', ['referred_on', 'referral_id']) }} as open_length,
        {{ last_of('phase', ['referred_on', 'referral_id']) }} as phase
    from {{ ref('referrals') }}
    where is_open and is_on_roll
    group by authority, child_id
),

schools as (
    select
        child_id,
        max(census_on) as census_on,
        {{ joined('school_id', ['entered_on', 'school_id']) }} as school_ids,
        {{ joined(written('entered_on'), ['entered_on', 'school_id']) }} as entered_on,
        {{ joined("coalesce(" ~ written('left_on') ~ ", '')", ['entered_on', 'school_id']) }} as left_on
    from {{ ref('int_enrolments_found') }}
    group by child_id
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
