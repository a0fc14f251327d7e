-- Every figure that an edition must hold, counted or not, from the entries of the metrics.
with metrics (metric_id, collection, kind, unit, needs) as (
    values
    {%- for metric_id in metric_list() if execute %}
    {%- set meta = graph.nodes['model.' ~ project_name ~ '.' ~ metric_id].config.meta %}
    ('{{ metric_id }}', '{{ meta.collection }}', '{{ meta.kind }}', '{{ meta.unit }}', ['{{ meta.needs | join("', '") }}'])
    {{- ',' if not loop.last }}
    {%- endfor %}
),

-- The second dimension of a breakdown by one is empty.
breakdowns (metric_id, breakdown, first_dimension, second_dimension) as (
    values
    {%- for metric_id in metric_list() if execute %}
    {%- set meta = graph.nodes['model.' ~ project_name ~ '.' ~ metric_id].config.meta %}
    {%- set named = meta.dimensions | default({}) %}
    ('{{ metric_id }}', 'total', '', '')
    {%- for breakdown in meta.breakdowns | default([]) %}
    {%- set dimensions = breakdown.split('/') %},
    ('{{ metric_id }}', '{{ breakdown }}', '{{ named.get(dimensions[0], dimensions[0]) }}', '
        {{- named.get(dimensions[1], dimensions[1]) if dimensions | length > 1 }}')
    {%- endfor %}
    {{- ',' if not loop.last }}
    {%- endfor %}
),

periods as (
    select * from {{ ref('stg_edition_periods') }}
),

months as (
    select
        collection,
        strftime(unnest(generate_series(date_trunc('month', period_start), period_end, interval 1 month)), '%Y-%m')
            as category
    from periods
),

shown (collection, dimension, category) as (
    select
        periods.collection,
        categories.dimension,
        categories.category
    from {{ ref('categories') }} as categories
    cross join periods
    union all
    select
        collection,
        'month',
        category
    from months
    union all
    select
        collection,
        '',
        ''
    from periods
),

available as (
    select
        metrics.metric_id,
        bool_and(inventory.is_present) as is_available
    from metrics
    inner join {{ ref('stg_inventory') }} as inventory
        on list_contains(metrics.needs, inventory.extract_name)
    group by metrics.metric_id
)

select
    periods.edition,
    areas.authority,
    metrics.metric_id,
    breakdowns.breakdown,
    case
        when breakdowns.breakdown = 'total' then 'all'
        when breakdowns.second_dimension = '' then firsts.category
        else firsts.category || '/' || seconds.category
    end as category,
    metrics.kind,
    metrics.unit,
    available.is_available,
    periods.period_start,
    periods.period_end,
    periods.as_at
from metrics
inner join available
    on metrics.metric_id = available.metric_id
inner join periods
    on metrics.collection = periods.collection
inner join breakdowns
    on metrics.metric_id = breakdowns.metric_id
inner join shown as firsts
    on
        metrics.collection = firsts.collection
        and breakdowns.first_dimension = firsts.dimension
inner join shown as seconds
    on
        metrics.collection = seconds.collection
        and breakdowns.second_dimension = seconds.dimension
cross join (select distinct authority from {{ ref('areas') }}) as areas
