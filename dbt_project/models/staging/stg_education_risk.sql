with admitted as (
    select * from {{ source('extracts', 'education_risk') }}
)

select
    child_id,
    authority,
    risk,
    {{ read_date('admitted.started_on') }} as started_on,
    {{ read_date('admitted.ended_on') }} as ended_on,
    source_row,
    {{ read_date('admitted.started_on') }} is not null
    and (admitted.ended_on is null or {{ read_date('admitted.ended_on') }} is not null) as is_understood
from admitted
