with several as (
    select child_id
    from {{ ref('stg_education_risk') }}
    group by child_id
    having min(authority) != max(authority)
)

select
    risks.child_id,
    risks.authority,
    several.child_id is not null as is_known_to_several,
    risks.risk,
    risks.started_on,
    risks.started_on <= periods.as_at
    and (risks.ended_on is null or risks.ended_on > periods.as_at) as is_active
from {{ ref('stg_education_risk') }} as risks
inner join {{ ref('stg_edition_periods') }} as periods
    on periods.collection = 'education'
left join several
    on risks.child_id = several.child_id
