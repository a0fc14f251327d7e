-- Where each row is in exactly one category, the categories of a breakdown sum to the total, and there is a total.
-- The positions at the end of several days do not add up.
with overlapping (metric_id, breakdown) as (
    values
    ('', '')
    {%- for metric_id in metric_list() if execute %}
    {%- for breakdown in meta_of(metric_id).overlapping | default([]) %},
    ('{{ metric_id }}', '{{ breakdown }}')
    {%- endfor %}
    {%- for breakdown in [meta_of(metric_id).on_days] if breakdown %},
    ('{{ metric_id }}', '{{ breakdown }}')
    {%- endfor %}
    {%- endfor %}
),

every_figure as (
    select * from {{ ref('figures') }}
    union all
    select * from {{ ref('scorecard_figures') }}
),

counts as (
    select * from every_figure
    where status = 'published' and denominator is null
),

sums as (
    select
        authority,
        metric_id,
        breakdown,
        sum(numerator) as numerator
    from counts
    where
        breakdown != 'total'
        and not exists (
            select 1
            from overlapping
            where
                counts.metric_id = overlapping.metric_id
                and counts.breakdown = overlapping.breakdown
        )
    group by authority, metric_id, breakdown
)

select
    sums.authority,
    sums.metric_id,
    sums.breakdown
from sums
left join counts as totals
    on
        sums.authority = totals.authority
        and sums.metric_id = totals.metric_id
        and totals.breakdown = 'total'
where
    totals.numerator is null
    or sums.numerator != totals.numerator
