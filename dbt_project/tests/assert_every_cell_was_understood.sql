-- The gate admits only what can be read. A cell that was read as blank without being blank would be a silent loss.
{%- for staged in [
    'stg_missing_episodes',
    'stg_return_interviews',
    'stg_cme_referrals',
    'stg_school_census',
    'stg_education_risk',
    'stg_population',
] %}
{% if not loop.first %}union all
{% endif -%}
select
    '{{ staged }}' as relation,
    source_row
from {{ ref(staged) }}
where not is_understood
{%- endfor %}
