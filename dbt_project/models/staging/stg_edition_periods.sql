with admitted as (
    select * from {{ source('extracts', 'edition_periods') }}
)

select
    edition,
    collection,
    period_start,
    period_end,
    as_at,
    last_review_on
from admitted
