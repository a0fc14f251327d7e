with admitted as (
    select * from {{ source('extracts', 'cme_referrals') }}
)

select
    referral_id,
    child_id,
    authority,
    try_cast(referred_on as date) as referred_on,
    try_cast(closed_on as date) as closed_on,
    outcome,
    sex,
    phase,
    ethnicity,
    first_language,
    source,
    circumstance,
    source_row,
    try_cast(admitted.referred_on as date) is not null
    and (admitted.closed_on is null or try_cast(admitted.closed_on as date) is not null) as is_understood
from admitted
