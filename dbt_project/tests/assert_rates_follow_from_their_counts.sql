-- A rate or a mean names its numerator and its denominator; where these are metrics, their figures must be the same.
with rates (metric_id, numerator_id, denominator_id) as (
    values
    ('', '', '')
    {%- for metric_id in metric_list() if execute %}
    {%- set meta = graph.nodes['model.' ~ project_name ~ '.' ~ metric_id].config.meta %}
    {%- if meta.numerator %},
    ('{{ metric_id }}', '{{ meta.numerator }}', '{{ meta.denominator }}')
    {%- endif %}
    {%- endfor %}
),

figures as (
    select * from {{ ref('figures') }}
)

select
    figures.authority,
    figures.metric_id,
    figures.breakdown,
    figures.category
from rates
inner join figures
    on
        rates.metric_id = figures.metric_id
        and figures.status != 'not_available'
left join figures as numerators
    on
        rates.numerator_id = numerators.metric_id
        and figures.authority = numerators.authority
        and figures.breakdown = numerators.breakdown
        and figures.category = numerators.category
left join figures as denominators
    on
        rates.denominator_id = denominators.metric_id
        and figures.authority = denominators.authority
        and figures.breakdown = denominators.breakdown
        and figures.category = denominators.category
where
    figures.numerator is distinct from numerators.numerator
    -- The other denominators are groups of the population, which are no metrics.
    or (
        rates.denominator_id in (select metric_id from figures)
        and figures.denominator is distinct from denominators.numerator
    )
