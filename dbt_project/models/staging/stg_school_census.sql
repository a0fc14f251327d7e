with admitted as (
    select * from {{ source('extracts', 'school_census') }}
)

select
    child_id,
    {{ read_date('census_date') }} as census_on,
    school_id,
    {{ read_date('entry_date') }} as entered_on,
    {{ read_date('leaving_date') }} as left_on,
    source_row,
    {{ read_date('census_date') }} is not null
    and {{ read_date('entry_date') }} is not null
    and (leaving_date is null or {{ read_date('leaving_date') }} is not null) as is_understood
from admitted
