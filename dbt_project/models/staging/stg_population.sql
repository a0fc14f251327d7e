with admitted as (
    select * from {{ source('extracts', 'population') }}
)

select
    authority,
    {{ quoted('group') }} as population_group,
    {{ read_date('admitted.year_ending') }} as year_ending,
    population,
    source_row,
    {{ read_date('admitted.year_ending') }} is not null and population is not null as is_understood
from admitted
