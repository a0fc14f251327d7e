{#-
  What the entries of the metrics say, for the models that put figures in their places. The entries themselves are in
  models/metrics/_metrics.yml; nothing is said here that is said there, but for the list of names.
-#}

{#- Every metric, in the order in which they are shown; dbt reads references before entries, so they are named. -#}
{% macro metric_list() %}
{%- do return([
    'episodes_reported',
    'children_reported',
    'missing_episodes',
    'looked_after_missing_episodes',
    'looked_after_children_reported',
    'most_missing_episodes_of_one_looked_after_child',
    'children_located',
    'children_not_located',
    'children_repeatedly_missing',
    'children_missing_three_times_in_90_days',
    'episodes_per_child',
    'median_missing_hours',
    'children_reported_per_10000',
    'looked_after_children_missing',
    'looked_after_children_missing_rate',
    'return_interviews_due',
    'return_interviews_offered',
    'return_interviews_offered_within_72_hours',
    'return_interviews_accepted',
    'return_interviews_declined',
    'return_interviews_held',
    'return_interviews_held_within_72_hours',
    'return_interview_offer_rate',
    'return_interview_completion_rate',
    'median_hours_to_return_interview',
    'return_interviews_with_factors',
    'push_factors_cited',
    'pull_factors_cited',
    'return_interviews_shared_with_police',
    'return_interviews_timeliness_not_known',
    'cme_referrals',
    'cme_closed',
    'cme_located',
    'cme_children_referred',
    'children_missing_education',
    'children_missing_education_rate',
    'children_missing_and_cme',
    'cme_open',
    'cme_median_days_to_close',
    'cme_re_referrals',
    'cme_removed_after_census',
    'cme_found_on_roll',
    'children_at_risk_of_cme'
]) -%}
{% endmacro %}

{#- What the entry of a metric says under `meta`. -#}
{% macro meta_of(metric_id) %}
{%- do return(graph.nodes['model.' ~ project_name ~ '.' ~ metric_id].config.meta) -%}
{% endmacro %}

{#- One row for each metric: the extracts that it needs, and what its figures share. -#}
{% macro metric_entries() -%}
    {%- if execute %}
    select *
    from (
        values
        {%- for metric_id in metric_list() %}
        {%- set meta = meta_of(metric_id) %}
        ('{{ metric_id }}', '{{ meta.collection }}', '{{ meta.kind }}', '{{ meta.unit }}', ['
            {{- meta.needs | join("', '") }}'])
        {{- ',' if not loop.last }}
        {%- endfor %}
    ) as entries (metric_id, collection, kind, unit, needs)
    {%- else %}
    select
        '' as metric_id,
        '' as collection,
        '' as kind,
        '' as unit,
        [''] as needs
    {%- endif %}
{%- endmacro %}

{#-
  One row for each breakdown of each metric, the total among them: the category lists that it draws on. The total draws
  on none, and a breakdown by one dimension on one.
-#}
{% macro breakdown_entries() -%}
    {%- if execute %}
    select *
    from (
        values
        {%- for metric_id in metric_list() %}
        {%- set meta = meta_of(metric_id) %}
        {%- set named = meta.dimensions | default({}) %}
        ('{{ metric_id }}', 'total', '', '')
        {%- for breakdown in meta.breakdowns | default([]) %}
        {%- set dimensions = breakdown.split('/') %},
        ('{{ metric_id }}', '{{ breakdown }}', '{{ named.get(dimensions[0], dimensions[0]) }}', '
            {{- named.get(dimensions[1], dimensions[1]) if dimensions | length > 1 }}')
        {%- endfor %}
        {{- ',' if not loop.last }}
        {%- endfor %}
    ) as entries (metric_id, breakdown, first_dimension, second_dimension)
    {%- else %}
    select
        '' as metric_id,
        '' as breakdown,
        '' as first_dimension,
        '' as second_dimension
    {%- endif %}
{%- endmacro %}
