with admitted as (
    select * from {{ source('extracts', 'school_census') }}
)

select
    child_id,
    try_cast(census_date as date) as census_on,
    school_id,
    try_cast(entry_date as date) as entered_on,
    try_cast(leaving_date as date) as left_on,
    source_row,
    try_cast(census_date as date) is not null
    and try_cast(entry_date as date) is not null
    and (leaving_date is null or try_cast(leaving_date as date) is not null) as is_understood
from admitted
