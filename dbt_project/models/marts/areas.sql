-- Every figure is given for each authority, and for `all` where there is more than one.
with named as (
    select authority from {{ ref('stg_missing_episodes') }}
    union
    select authority from {{ ref('stg_cme_referrals') }}
),

authorities as (
    select authority from named
    union all
    -- Extracts with a header and no rows still count 0, for the authority that is configured.
    select '{{ env_var("STORYBOARD_AUTHORITY", "E06000014") }}' as authority
    where not exists (select 1 from named)
),

numbered as (
    select
        authority,
        count(*) over () as authorities
    from authorities
)

select
    authority,
    authority as member_authority
from numbered
union all
select
    'all' as authority,
    authority as member_authority
from numbered
where authorities > 1
