{#-
  How a model becomes a relation of the warehouse. The warehouse is made anew for each run, so that nothing stands in the
  way: a relation is made once, under its own name. dbt's own way makes it under another, looks for what was there, renames
  both and drops one, three commands where one will do. Other engines keep that way.
-#}
{% materialization view, adapter='duckdb' %}
{%- set made = this.incorporate(type='view') -%}
{%- call statement('main') -%} {{ get_create_view_as_sql(made, sql) }} {%- endcall -%}
{%- do adapter.commit() -%}
{{ return({'relations': [made]}) }}
{% endmaterialization %}

{% materialization table, adapter='duckdb' %}
{%- set made = this.incorporate(type='table') -%}
{%- call statement('main') -%} {{ get_create_table_as_sql(False, made, sql) }} {%- endcall -%}
{%- do adapter.commit() -%}
{{ return({'relations': [made]}) }}
{% endmaterialization %}
