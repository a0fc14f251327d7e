{%- set listed = metric_list() -%}
{%- for node in graph.nodes.values() if execute and node.fqn[1] == 'metrics' and node.name not in listed -%}
    {{ exceptions.raise_compiler_error(
        "The metric " ~ node.name ~ " is not in macros/metric_list.sql: add its name there, or it has no figures."
    ) }}
{%- endfor -%}
{%- for metric_id in listed %}
{% if not loop.first %}union all
{% endif -%}
select
    '{{ metric_id }}' as metric_id,
    authority,
    breakdown,
    category,
    numerator,
    denominator,
    value,
    contributors
from {{ ref(metric_id) }}
{%- endfor %}
