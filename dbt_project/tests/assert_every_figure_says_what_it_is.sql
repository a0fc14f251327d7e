-- Each figure is there once; it has a value exactly when it is published, and its parts are those of its kind.
with every_figure as (
    select * from {{ ref('figures') }}
    union all
    select * from {{ ref('scorecard_figures') }}
),

figures as (
    select
        *,
        count(*) over (partition by authority, metric_id, breakdown, category) as times
    from every_figure
)

select
    authority,
    metric_id,
    breakdown,
    category
from figures
where
    times != 1
    or (status = 'published') != (value is not null)
    or (status = 'not_available' and coalesce(numerator, denominator, contributors) is not null)
    or (status = 'not_applicable' and denominator is distinct from 0)
    or (status = 'published' and coalesce(denominator, 1) <= 0)
    or numerator < 0
    or (status = 'published' and denominator is null and value is distinct from numerator)
    or coalesce(edition, unit, 'none') = 'none'
    or period_end < period_start
    or as_at < period_end
