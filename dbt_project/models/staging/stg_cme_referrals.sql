with admitted as (
    select * from {{ source('extracts', 'cme_referrals') }}
)

select
    referral_id,
    child_id,
    authority,
    {{ read_date('referred_on') }} as referred_on,
    {{ read_date('closed_on') }} as closed_on,
    outcome,
    sex,
    phase,
    ethnicity,
    first_language,
    source,
    circumstance,
    source_row,
    {{ read_date('admitted.referred_on') }} is not null
    and (admitted.closed_on is null or {{ read_date('admitted.closed_on') }} is not null) as is_understood
from admitted
