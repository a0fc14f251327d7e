{#-
  Where the SQL of the engines differs, each way of saying a thing beside the others: DuckDB last, as the default. No
  rule is here, and nothing that all three say alike. `datediff` of hours or days is nowhere: engines count its
  boundaries or round it up, and none of them counts elapsed time. tests/engines compares every figure.
-#}

{#- A name that is a word of SQL. -#}
{% macro quoted(name) -%}
    {%- if target.type == 'spark' -%} `{{ name }}` {%- else -%} "{{ name }}" {%- endif -%}
{%- endmacro %}

{#- All columns of a model but these, as its entry describes them. `named` is what the model is called in the query. -#}
{% macro all_but(model_name, columns, named) -%}
    {%- if target.type == 'postgres' -%}
        {%- set entry = graph.nodes['model.' ~ project_name ~ '.' ~ model_name] if execute else {'columns': []} -%}
        {%- for column in entry.columns if column not in columns -%}
            {{ named }}.{{ column }}{{ ', ' if not loop.last }}
        {%- endfor -%}
    {%- elif target.type == 'spark' -%}
        {{ named }}.* except ({{ columns | join(', ') }})
    {%- else -%}
        {{ named }}.* exclude ({{ columns | join(', ') }})
    {%- endif -%}
{%- endmacro %}

{#- A date that the gate has read; PostgreSQL stops where it is none, the others leave it blank for a test to find. -#}
{% macro read_date(text) -%}
    {%- if target.type == 'postgres' -%}
        cast({{ text }} as date)
    {%- else -%}
        try_cast({{ text }} as date)
    {%- endif -%}
{%- endmacro %}

{% macro read_boolean(text) -%}
    {%- if target.type == 'postgres' -%}
        cast({{ text }} as boolean)
    {%- else -%}
        try_cast({{ text }} as boolean)
    {%- endif -%}
{%- endmacro %}

{#- A timestamp without an offset, and one with an offset as the same instant in UTC: Spark reads none without seconds. -#}
{% macro read_timestamp(text) -%}
    {%- if target.type == 'postgres' -%}
        cast({{ text }} as timestamp)
    {%- else -%}
        try_cast({{ text }} as timestamp)
    {%- endif -%}
{%- endmacro %}

{% macro read_offset_timestamp(text) -%}
    {%- if target.type == 'postgres' -%}
        cast({{ text }} as timestamptz) at time zone 'UTC'
    {%- elif target.type == 'spark' -%}
        try_cast(regexp_replace({{ text }}, '(T[0-9][0-9]:[0-9][0-9])([Z+-])', '$1:00$2') as timestamp)
    {%- else -%}
        try_cast({{ text }} as timestamptz) at time zone 'UTC'
    {%- endif -%}
{%- endmacro %}

{% macro has_offset(text) -%}
    {%- if target.type == 'postgres' -%}
        {{ text }} ~ '(Z|[+-]\d\d:\d\d)$'
    {%- elif target.type == 'spark' -%}
        {{ text }} rlike '(Z|[+-][0-9][0-9]:[0-9][0-9])$'
    {%- else -%}
        regexp_matches({{ text }}, '(Z|[+-]\d\d:\d\d)$')
    {%- endif -%}
{%- endmacro %}

{#-
  What the clock in London shows at an instant in UTC. Spark's session is in UTC. DuckDB takes half the time where it is
  told the instant as a number: otherwise it looks up the clock of UTC first.
-#}
{% macro in_london(instant) -%}
    {%- if target.type == 'spark' -%}
        from_utc_timestamp({{ instant }}, 'Europe/London')
    {%- elif target.type == 'postgres' -%}
        (({{ instant }}) at time zone 'UTC' at time zone 'Europe/London')
    {%- else -%}
        (make_timestamptz(epoch_us({{ instant }})) at time zone 'Europe/London')
    {%- endif -%}
{%- endmacro %}

{#- Elapsed whole seconds between two instants. Counting the boundaries of hours or days is not elapsed time. -#}
{% macro elapsed_seconds(earlier, later) -%}
    {%- if target.type == 'postgres' -%}
        cast(extract(epoch from {{ later }}) - extract(epoch from {{ earlier }}) as bigint)
    {%- elif target.type == 'spark' -%}
        (unix_seconds({{ later }}) - unix_seconds({{ earlier }}))
    {%- else -%}
        ((epoch_us({{ later }}) - epoch_us({{ earlier }})) // 1000000)
    {%- endif -%}
{%- endmacro %}

{#- Days from one date to another. -#}
{% macro days_between(earlier, later) -%}
    {%- if target.type == 'spark' -%}
        datediff({{ later }}, {{ earlier }})
    {%- else -%}
        {{ later }} - {{ earlier }}
    {%- endif -%}
{%- endmacro %}

{#- The month of a day, 2014-06. -#}
{% macro month_of(day) -%}
    {%- if target.type == 'postgres' -%}
        to_char({{ day }}, 'YYYY-MM')
    {%- elif target.type == 'spark' -%}
        date_format({{ day }}, 'yyyy-MM')
    {%- else -%}
        strftime({{ day }}, '%Y-%m')
    {%- endif -%}
{%- endmacro %}

{#- A day as text, 2014-06-02. -#}
{% macro written(day) -%}
    {%- if target.type == 'postgres' -%}
        to_char({{ day }}, 'YYYY-MM-DD')
    {%- elif target.type == 'spark' -%}
        date_format({{ day }}, 'yyyy-MM-dd')
    {%- else -%}
        strftime({{ day }}, '%Y-%m-%d')
    {%- endif -%}
{%- endmacro %}

{#- monday to sunday. -#}
{% macro weekday_of(day) -%}
    {%- if target.type == 'postgres' -%}
        to_char({{ day }}, 'fmday')
    {%- elif target.type == 'spark' -%}
        lower(date_format({{ day }}, 'EEEE'))
    {%- else -%}
        lower(dayname({{ day }}))
    {%- endif -%}
{%- endmacro %}

{#- The first day of each month in which a period has a day, one row each. -#}
{% macro each_month(first_day, last_day) -%}
    {%- if target.type == 'postgres' -%}
        generate_series(
            date_trunc('month', cast({{ first_day }} as timestamp)), cast({{ last_day }} as timestamp), interval '1 month'
        )
    {%- elif target.type == 'spark' -%}
        explode(sequence(trunc({{ first_day }}, 'MM'), {{ last_day }}, interval '1' month))
    {%- else -%}
        unnest(generate_series(date_trunc('month', {{ first_day }}), {{ last_day }}, interval 1 month))
    {%- endif -%}
{%- endmacro %}

{#- What was cited in one cell, separated by semicolons, as a list; the empty list; and one row for each entry of one. -#}
{% macro listed(text) -%}
    {%- if target.type == 'postgres' -%}
        string_to_array({{ text }}, ';')
    {%- elif target.type == 'spark' -%}
        split({{ text }}, ';')
    {%- else -%}
        string_split({{ text }}, ';')
    {%- endif -%}
{%- endmacro %}

{% macro empty_list() -%}
    {%- if target.type == 'postgres' -%}
        cast('{}' as text[])
    {%- elif target.type == 'spark' -%}
        cast(array() as array<string>)
    {%- else -%}
        []
    {%- endif -%}
{%- endmacro %}

{% macro each_of(list) -%}
    {%- if target.type == 'spark' -%} explode({{ list }}) {%- else -%} unnest({{ list }}) {%- endif -%}
{%- endmacro %}

{#- Whole numbers divided, without the rest; 1, 0 or -1 as a whole number. -#}
{% macro divided(number, by) -%}
    {%- if target.type == 'postgres' -%}
        {{ number }} / {{ by }}
    {%- elif target.type == 'spark' -%}
        {{ number }} div {{ by }}
    {%- else -%}
        {{ number }} // {{ by }}
    {%- endif -%}
{%- endmacro %}

{% macro sign_of(number) -%}
    {%- if target.type in ('postgres', 'spark') -%}
        (case when {{ number }} < 0 then -1 else 1 end)
    {%- else -%}
        sign({{ number }})
    {%- endif -%}
{%- endmacro %}

{#- The middle of numbers; of an even number of them the mean of the two middle ones. -#}
{% macro middle_of(numbers) -%}
    {%- if target.type == 'postgres' -%}
        percentile_cont(0.5) within group (order by {{ numbers }})
    {%- else -%}
        median({{ numbers }})
    {%- endif -%}
{%- endmacro %}

{#- The value of the first or the last row by some columns, none of which is blank; of the rows `where` something holds. -#}
{% macro first_of(value, by, where=none) -%}
    {%- set kept -%}
        {%- if where %} filter (where {{ where }}){% endif -%}
    {%- endset -%}
    {%- if target.type == 'postgres' -%}
        (array_agg({{ value }} order by {{ by | join(', ') }}){{ kept }})[1]
    {%- elif target.type == 'spark' -%}
        min_by({{ value }}, struct({{ by | join(', ') }})){{ kept }}
    {%- else -%}
        first({{ value }} order by {{ by | join(', ') }}){{ kept }}
    {%- endif -%}
{%- endmacro %}

{% macro last_of(value, by) -%}
    {%- if target.type == 'postgres' -%}
        (array_agg({{ value }} order by {{ by | join(' desc, ') }} desc))[1]
    {%- elif target.type == 'spark' -%}
        max_by({{ value }}, struct({{ by | join(', ') }}))
    {%- elif by | length == 1 -%}
        max_by({{ value }}, {{ by[0] }})
    {%- else -%}
        first({{ value }} order by {{ by | join(' desc, ') }} desc)
    {%- endif -%}
{%- endmacro %}

{#- Texts of several rows in one, separated by semicolons, in the order of some columns; each once where `is_distinct`. -#}
{% macro joined(text, by, is_distinct=false) -%}
    {%- set each = ('distinct ' if is_distinct else '') ~ text -%}
    {%- if target.type == 'spark' -%}
        listagg({{ each }}, ';') within group (order by {{ by | join(', ') }})
    {%- else -%}
        string_agg({{ each }}, ';' order by {{ by | join(', ') }})
    {%- endif -%}
{%- endmacro %}

{#- Rows of a seed: dbt-spark's session puts values between quotes as they stand, apostrophes too, and every value as text. -#}
{% macro spark__load_csv_rows(model, agate_table) -%}
    {%- set kinds = model.config.column_types -%}
    {%- set statement -%}
        insert into {{ this.render() }} values
        {%- for row in agate_table.rows %}
        (
            {%- for column in agate_table.column_names -%}
                cast('{{ row[column] | string | replace("'", "\\'") }}' as {{ kinds[column] }})
                {{- ', ' if not loop.last -}}
            {%- endfor -%}
        )
        {{- ',' if not loop.last }}
        {%- endfor -%}
    {%- endset -%}
    {%- do adapter.add_query(statement, abridge_sql_log=true) -%}
    {{ return(statement) }}
{%- endmacro %}
