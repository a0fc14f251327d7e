-- Where a measure is counted by month too, its months make up its quarters or terms.
with months as (
    select
        authority,
        metric_id,
        numerator,
        cast(category || '-01' as date) as first_day
    from {{ ref('figures') }}
    where breakdown = 'month' and status = 'published'
),

over_time as (
    select
        authority,
        metric_id,
        'quarter' as breakdown,
        {{ quarter_of('first_day') }} as category,
        numerator
    from months
    union all
    select
        authority,
        metric_id,
        'term' as breakdown,
        {{ term_of('first_day') }} as category,
        numerator
    from months
),

sums as (
    select
        authority,
        metric_id,
        breakdown,
        category,
        sum(numerator) as numerator
    from over_time
    group by authority, metric_id, breakdown, category
)

select
    scorecard.authority,
    scorecard.metric_id,
    scorecard.category
from {{ ref('scorecard_figures') }} as scorecard
inner join sums
    on
        scorecard.authority = sums.authority
        and scorecard.metric_id = sums.metric_id
        and scorecard.breakdown = sums.breakdown
        and scorecard.category = sums.category
where scorecard.numerator != sums.numerator
