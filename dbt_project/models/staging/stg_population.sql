with admitted as (
    select * from {{ source('extracts', 'population') }}
)

select
    authority,
    "group" as population_group,
    try_cast(admitted.year_ending as date) as year_ending,
    population,
    source_row,
    try_cast(admitted.year_ending as date) is not null and population is not null as is_understood
from admitted
