-- What the contract says of several metrics together: these parts make these wholes, in every authority.
{%- set wholes = [
    ('episodes_reported', [
        ('episodes_reported', 'episode_type', 'missing'),
        ('episodes_reported', 'episode_type', 'absent'),
        ('episodes_reported', 'episode_type', 'away'),
    ]),
    ('episodes_reported', [
        ('episodes_reported', 'looked_after_status', 'looked_after'),
        ('episodes_reported', 'looked_after_status', 'not_looked_after'),
    ]),
    ('missing_episodes', [('episodes_reported', 'episode_type', 'missing')]),
    ('looked_after_missing_episodes', [('episodes_reported', 'looked_after_status/episode_type', 'looked_after/missing')]),
    ('looked_after_children_reported', [('children_reported', 'looked_after_status', 'looked_after')]),
    ('children_reported', [('children_located', 'total', 'all'), ('children_not_located', 'total', 'all')]),
    ('cme_referrals', [('cme_closed', 'total', 'all'), ('cme_open', 'referred', 'in_period')]),
] %}

with parts (whole_id, rule, metric_id, breakdown, category) as (
    values
    {%- for whole_id, parts in wholes %}
    {%- set rule = loop.index %}
    {%- for metric_id, breakdown, category in parts %}
    ('{{ whole_id }}', {{ rule }}, '{{ metric_id }}', '{{ breakdown }}', '{{ category }}')
    {{- ',' if not loop.last }}
    {%- endfor %}
    {{- ',' if not loop.last }}
    {%- endfor %}
),

metric_figures as (
    select * from {{ ref('figures') }}
),

authorities as (
    select distinct authority from metric_figures
),

sums as (
    select
        parts.whole_id,
        parts.rule,
        authorities.authority,
        count(found.metric_id) as parts_found,
        count(*) as parts_named,
        sum(found.numerator) as numerator
    from parts
    cross join authorities
    left join metric_figures as found
        on
            parts.metric_id = found.metric_id
            and parts.breakdown = found.breakdown
            and parts.category = found.category
            and authorities.authority = found.authority
    group by parts.whole_id, parts.rule, authorities.authority
)

select
    sums.whole_id,
    sums.rule,
    sums.authority
from sums
left join metric_figures as wholes
    on
        sums.whole_id = wholes.metric_id
        and sums.authority = wholes.authority
        and wholes.breakdown = 'total'
where
    wholes.metric_id is null
    or sums.parts_found != sums.parts_named
    or sums.numerator is distinct from wholes.numerator
