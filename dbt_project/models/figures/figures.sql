select {{ all_but('placed_figures', ['is_for_scorecard'], 'placed') }}
from {{ ref('placed_figures') }} as placed
where not is_for_scorecard
order by edition, authority, metric_id, breakdown, category
