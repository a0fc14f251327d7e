select
    referrals.referral_id,
    referrals.child_id,
    referrals.authority,
    referrals.is_known_to_several,
    days.census_day
from {{ ref('referrals') }} as referrals
inner join {{ ref('int_census_days') }} as days
    on
        referrals.referred_on <= days.counted_on
        -- The position at the end of the day: a case closed on it is not open.
        and (referrals.closed_on is null or referrals.closed_on > days.counted_on)
