-- With several authorities: events of all are the sum of the events of each; children are at most that, and at least
-- as many as the authority with the most has.
with counts as (
    select * from {{ ref('figures') }}
    where
        status = 'published'
        and unit in ('episodes', 'referrals', 'children')
        and metric_id != 'most_missing_episodes_of_one_looked_after_child'
),

by_authority as (
    select
        metric_id,
        unit,
        breakdown,
        category,
        sum(numerator) filter (where authority != 'all') as of_each,
        max(numerator) filter (where authority != 'all') as of_the_largest,
        max(numerator) filter (where authority = 'all') as of_all
    from counts
    group by metric_id, unit, breakdown, category
)

select
    metric_id,
    breakdown,
    category
from by_authority
where
    of_all is not null
    and (
        (unit != 'children' and of_all != of_each)
        or (unit = 'children' and breakdown = 'total' and of_all < of_the_largest and metric_id != 'children_located')
        or (unit = 'children' and breakdown = 'total' and of_all > of_each and metric_id not in (
            'children_repeatedly_missing',
            'children_missing_three_times_in_90_days',
            'children_missing_and_cme',
            'cme_re_referrals'
        ))
    )
