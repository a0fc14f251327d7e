with admitted as (
    select * from {{ source('extracts', 'inventory') }}
)

select
    extract as extract_name,
    is_present,
    rows as row_count,
    sha256
from admitted
