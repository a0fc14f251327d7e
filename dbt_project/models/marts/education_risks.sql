select
    risks.child_id,
    risks.authority,
    risks.risk,
    risks.started_on,
    risks.started_on <= periods.as_at
    and (risks.ended_on is null or risks.ended_on > periods.as_at) as is_active
from {{ ref('stg_education_risk') }} as risks
inner join {{ ref('stg_edition_periods') }} as periods
    on periods.collection = 'education'
