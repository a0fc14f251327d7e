with referrals as (
    select
        areas.authority,
        referrals.child_id,
        count(*) as referrals,
        {{ first_of('referrals.sex', ['referrals.referred_on', 'referrals.referral_id']) }} as sex,
        {{ first_of('referrals.phase', ['referrals.referred_on', 'referrals.referral_id']) }} as phase
    from {{ ref('referrals') }} as referrals
    inner join {{ ref('areas') }} as areas
        on referrals.authority = areas.member_authority
    where referrals.is_in_period
    group by areas.authority, referrals.child_id
)

select
    referrals.authority,
    referrals.child_id,
    referrals.sex,
    referrals.phase,
    referrals.referrals,
    referrals.referrals > 1 as is_re_referred,
    coalesce(children.missing_episodes > 0, false) as is_also_missing
from referrals
left join {{ ref('children') }} as children
    on
        referrals.authority = children.authority
        and referrals.child_id = children.child_id
