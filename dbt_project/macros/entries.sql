{#-
  What the entries of the metrics say, for the models that put figures in their places. The entries themselves are in
  models/metrics/_metrics.yml; nothing is said here that is said there.
-#}

{#- What the entry of a metric says under `meta`. -#}
{% macro meta_of(metric_id) %}
{%- do return(graph.nodes['model.' ~ project_name ~ '.' ~ metric_id].config.meta) -%}
{% endmacro %}

{#- One row for each metric: what its figures share. -#}
{% macro metric_entries() -%}
    {%- if execute %}
    select *
    from (
        values
        {%- for metric_id in metric_list() %}
        {%- set meta = meta_of(metric_id) %}
        ('{{ metric_id }}', '{{ meta.collection }}', '{{ meta.kind }}', '{{ meta.unit }}')
        {{- ',' if not loop.last }}
        {%- endfor %}
    ) as entries (metric_id, collection, kind, unit)
    {%- else %}
    select
        '' as metric_id,
        '' as collection,
        '' as kind,
        '' as unit
    {%- endif %}
{%- endmacro %}

{#- One row for each extract that a metric needs. -#}
{% macro need_entries() -%}
    {%- if execute %}
    select *
    from (
        values
        {%- for metric_id in metric_list() %}
        {%- set is_last = loop.last %}
        {%- for extract_name in meta_of(metric_id).needs %}
        ('{{ metric_id }}', '{{ extract_name }}')
        {{- ',' if not (is_last and loop.last) }}
        {%- endfor %}
        {%- endfor %}
    ) as entries (metric_id, extract_name)
    {%- else %}
    select
        '' as metric_id,
        '' as extract_name
    {%- endif %}
{%- endmacro %}

{#-
  One row for each breakdown of each metric, the total, the scorecard's quarters or terms and the census days among them: the category
  lists that it draws on. The total draws on none, and a breakdown by one dimension on one.
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
        {%- if meta.over_time %},
        ('{{ metric_id }}', '{{ meta.over_time }}', '{{ meta.over_time }}', '')
        {%- endif %}
        {%- if meta.on_days %},
        ('{{ metric_id }}', '{{ meta.on_days }}', '{{ meta.on_days }}', '')
        {%- endif %}
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
