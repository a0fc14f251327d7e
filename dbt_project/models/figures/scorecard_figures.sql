select * exclude (is_for_scorecard)
from {{ ref('placed_figures') }}
where is_for_scorecard
order by edition, authority, metric_id, breakdown, category
