-- A figure whose category is on no list would be dropped in silence.
with every_figure as (
    select * from {{ ref('figures') }}
    union all
    select * from {{ ref('scorecard_figures') }}
)

select
    results.metric_id,
    results.authority,
    results.breakdown
from {{ ref('metric_results') }} as results
left join every_figure as figures
    on
        results.metric_id = figures.metric_id
        and results.authority = figures.authority
        and results.breakdown = figures.breakdown
        and results.category = figures.category
where figures.metric_id is null
