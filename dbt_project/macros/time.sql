{#- What is said of time in one way, whatever the engine. Local time is Europe/London; an instant is a timestamp in UTC. -#}

{% macro has_time(text) -%}
    (length({{ text }}) > 10)
{%- endmacro %}

{#-
  The instant that a timestamp of an extract names. With an offset it is that instant. Without one it is local time:
  of the two readings, an hour of summer time or none, the first that the clock in London really showed is taken. So a
  time that happens twice is the first of the two, and one that never happened has the offset before the change. A
  date alone stands at 00:00 of its day.
-#}
{% macro instant(text) -%}
    case
        when {{ has_offset(text) }} and {{ has_time(text) }}
            then {{ read_offset_timestamp(text) }}
        when {{ in_london(read_timestamp(text) ~ " - interval '1' hour") }} = {{ read_timestamp(text) }}
            then {{ read_timestamp(text) }} - interval '1' hour
        else {{ read_timestamp(text) }}
    end
{%- endmacro %}

{#- How long a case has been on the list, in bands of whole days. -#}
{% macro length_band(days) -%}
    case
        when {{ days }} < 28 then 'under_28_days'
        when {{ days }} < 84 then '28_to_83_days'
        when {{ days }} < 365 then '84_to_364_days'
        else '365_days_or_more'
    end
{%- endmacro %}

{#- The quarter of the financial year that a day is in, named after the year in which April was: 2014-Q1. -#}
{% macro quarter_of(day) -%}
    (
        extract(year from {{ day }} - interval '3' month) || '-Q' || extract(quarter from {{ day }} - interval '3' month)
    )
{%- endmacro %}

{#-
  The school term that a day is in, with the year of the day: 2015-autumn. The terms are those by which the law
  counts compulsory school age: they begin on 1 September, 1 January and 1 April.
-#}
{% macro term_of(day) -%}
    (
        extract(year from {{ day }})
        || case
            when extract(month from {{ day }}) >= 9 then '-autumn'
            when extract(month from {{ day }}) <= 3 then '-spring'
            else '-summer'
        end
    )
{%- endmacro %}
