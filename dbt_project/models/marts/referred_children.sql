with referrals as (
    {{ rows_of_children(ref('referrals'), where='is_in_period') }}
),

counted as (
    select
        authority,
        child_id,
        bool_or(is_known_to_several) as is_counted_in_all,
        count(*) as referrals,
        {{ first_of('sex', ['referred_on', 'referral_id']) }} as sex,
        {{ first_of('phase', ['referred_on', 'referral_id']) }} as phase
    from referrals
    group by authority, child_id
),

placed as (
    {{ placed_in_areas('counted') }}
)

select
    placed.area as authority,
    placed.child_id,
    placed.sex,
    placed.phase,
    placed.referrals,
    placed.referrals > 1 as is_re_referred,
    coalesce(children.missing_episodes > 0, false) as is_also_missing
from placed
left join {{ ref('children') }} as children
    on
        placed.area = children.authority
        and placed.child_id = children.child_id
