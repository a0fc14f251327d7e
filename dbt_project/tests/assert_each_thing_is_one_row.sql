-- One row per real thing: what counts rows counts things.
{%- for relation, grain in [
    ('areas', ['authority', 'member_authority']),
    ('episodes', ['episode_id']),
    ('children', ['authority', 'child_id']),
    ('interview_records', ['interview_id', 'episode_id']),
    ('return_interviews', ['episode_id']),
    ('factors_cited', ['citation_id', 'direction', 'episode_id']),
    ('referrals', ['referral_id']),
    ('referred_children', ['authority', 'child_id']),
    ('education_risks', ['child_id', 'risk', 'started_on']),
    ('register_review_cases', ['referral_id']),
    ('register_census_matches', ['authority', 'child_id']),
    ('held_interviews', ['interview_id']),
    ('denominators', ['authority', 'population_group']),
] %}
{% if not loop.first %}union all
{% endif -%}
select '{{ relation }}' as relation
from {{ ref(relation) }}
group by {{ grain | join(', ') }}
having count(*) > 1
{%- endfor %}
