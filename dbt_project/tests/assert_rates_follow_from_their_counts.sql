-- A rate or a mean names its numerator and its denominator; where these are metrics, their figures must be the same.
with rates (metric_id, numerator_id, denominator_id) as (
    values
    ('', '', '')
    {%- for metric_id in metric_list() if execute and meta_of(metric_id).numerator %},
    ('{{ metric_id }}', '{{ meta_of(metric_id).numerator }}', '{{ meta_of(metric_id).denominator }}')
    {%- endfor %}
),

metric_figures as (
    select * from {{ ref('figures') }}
)

select
    divided.authority,
    divided.metric_id,
    divided.breakdown,
    divided.category
from rates
inner join metric_figures as divided
    on
        rates.metric_id = divided.metric_id
        and divided.status != 'not_available'
left join metric_figures as numerators
    on
        rates.numerator_id = numerators.metric_id
        and divided.authority = numerators.authority
        and divided.breakdown = numerators.breakdown
        and divided.category = numerators.category
left join metric_figures as denominators
    on
        rates.denominator_id = denominators.metric_id
        and divided.authority = denominators.authority
        and divided.breakdown = denominators.breakdown
        and divided.category = denominators.category
where
    divided.numerator is distinct from numerators.numerator
    -- The other denominators are groups of the population, which are no metrics.
    or (
        rates.denominator_id in (select metric_figures.metric_id from metric_figures)
        and divided.denominator is distinct from denominators.numerator
    )
