with admitted as (
    select * from {{ source('extracts', 'education_risk') }}
)

select
    child_id,
    authority,
    risk,
    try_cast(admitted.started_on as date) as started_on,
    try_cast(admitted.ended_on as date) as ended_on,
    source_row,
    try_cast(admitted.started_on as date) is not null
    and (admitted.ended_on is null or try_cast(admitted.ended_on as date) is not null) as is_understood
from admitted
