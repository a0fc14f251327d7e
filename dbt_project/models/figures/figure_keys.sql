-- Every figure that an edition must hold, counted or not, from the entries of the metrics.
with metrics as (
    {{ metric_entries() }}
),

needs as (
    {{ need_entries() }}
),

breakdowns as (
    {{ breakdown_entries() }}
),

periods as (
    select * from {{ ref('stg_edition_periods') }}
),

months as (
    select
        collection,
        {{ each_month('period_start', 'period_end') }} as first_day
    from periods
),

-- A quarter or a term of which the period has a part is there, and is counted as far as the period goes.
over_time as (
    select
        collection,
        'month' as dimension,
        {{ month_of('first_day') }} as category
    from months
    union
    select
        collection,
        'quarter' as dimension,
        {{ quarter_of('first_day') }} as category
    from months
    union
    select
        collection,
        'term' as dimension,
        {{ term_of('first_day') }} as category
    from months
    union
    select
        'education' as collection,
        'census_day' as dimension,
        census_day as category
    from {{ ref('int_census_days') }}
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
        dimension,
        category
    from over_time
    union all
    select
        collection,
        '',
        ''
    from periods
),

areas as (
    select distinct authority from {{ ref('areas') }}
),

available as (
    select
        metrics.metric_id,
        bool_and(inventory.is_present) as is_available
    from metrics
    inner join needs
        on metrics.metric_id = needs.metric_id
    inner join {{ ref('stg_inventory') }} as inventory
        on needs.extract_name = inventory.extract_name
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
    breakdowns.breakdown in ('quarter', 'term', 'census_day') as is_for_scorecard,
    metrics.kind,
    metrics.unit,
    available.is_available,
    -- A census day is a period of its own: the count of a day is the same count in whatever edition it stands.
    case when breakdowns.breakdown = 'census_day' then {{ read_date('firsts.category') }} else periods.period_start end
        as period_start,
    case when breakdowns.breakdown = 'census_day' then {{ read_date('firsts.category') }} else periods.period_end end
        as period_end,
    case when breakdowns.breakdown = 'census_day' then {{ read_date('firsts.category') }} else periods.as_at end
        as as_at
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
cross join areas
