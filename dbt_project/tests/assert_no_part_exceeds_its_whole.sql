-- Some of a thing are never more than all of it, in the total and in every category that both are cut by.
{%- set orders = [
    ['episodes_reported', 'missing_episodes', 'looked_after_missing_episodes'],
    ['episodes_reported', 'children_reported', 'children_repeatedly_missing', 'children_missing_three_times_in_90_days'],
    ['children_reported', 'looked_after_children_reported', 'looked_after_children_missing'],
    ['looked_after_missing_episodes', 'most_missing_episodes_of_one_looked_after_child'],
    ['missing_episodes', 'return_interviews_due', 'return_interviews_offered', 'return_interviews_accepted',
     'return_interviews_held', 'return_interviews_held_within_72_hours'],
    ['return_interviews_offered', 'return_interviews_offered_within_72_hours', 'return_interviews_held_within_72_hours'],
    ['return_interviews_offered', 'return_interviews_declined'],
    ['return_interviews_offered', 'return_interviews_timeliness_not_known'],
    ['cme_referrals', 'cme_closed', 'cme_located'],
    ['cme_referrals', 'cme_children_referred', 'cme_re_referrals'],
    ['cme_children_referred', 'children_missing_and_cme'],
    ['cme_open', 'children_missing_education', 'cme_found_on_roll'],
] %}

with orders (wider_id, narrower_id) as (
    values
    ('', '')
    {%- for order in orders %}
    {%- for position in range(order | length - 1) %},
    ('{{ order[position] }}', '{{ order[position + 1] }}')
    {%- endfor %}
    {%- endfor %}
)

select
    narrower.authority,
    narrower.metric_id,
    narrower.breakdown,
    narrower.category
from orders
inner join {{ ref('figures') }} as wider
    on orders.wider_id = wider.metric_id
inner join {{ ref('figures') }} as narrower
    on
        orders.narrower_id = narrower.metric_id
        and wider.authority = narrower.authority
        and wider.breakdown = narrower.breakdown
        and wider.category = narrower.category
where narrower.numerator > wider.numerator
