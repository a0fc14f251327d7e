{#- Where SQL dialects differ about time. Local time is Europe/London; an instant is a timestamp in UTC. -#}

{% macro has_time(text) -%}
    (length({{ text }}) > 10)
{%- endmacro %}

{% macro in_london(instant) -%}
    (({{ instant }}) at time zone 'UTC' at time zone 'Europe/London')
{%- endmacro %}

{#-
  The instant that a timestamp of an extract names. With an offset it is that instant. Without one it is local time:
  of the two readings, an hour of summer time or none, the first that the clock in London really showed is taken. So a
  time that happens twice is the first of the two, and one that never happened has the offset before the change. A
  date alone stands at 00:00 of its day.
-#}
{% macro instant(text) -%}
    case
        when regexp_matches({{ text }}, '(Z|[+-]\d\d:\d\d)$') and {{ has_time(text) }}
            then try_cast({{ text }} as timestamptz) at time zone 'UTC'
        when {{ in_london("try_cast(" ~ text ~ " as timestamp) - interval 1 hour") }} = try_cast({{ text }} as timestamp)
            then try_cast({{ text }} as timestamp) - interval 1 hour
        else try_cast({{ text }} as timestamp)
    end
{%- endmacro %}

{#- Elapsed whole seconds between two instants. Counting the boundaries of hours or days is not elapsed time. -#}
{% macro elapsed_seconds(earlier, later) -%}
    ((epoch_us({{ later }}) - epoch_us({{ earlier }})) // 1000000)
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
    (year({{ day }} - interval 3 month) || '-Q' || quarter({{ day }} - interval 3 month))
{%- endmacro %}

{#-
  The school term that a day is in, with the year of the day: 2015-autumn. The terms are those by which the law
  counts compulsory school age: they begin on 1 September, 1 January and 1 April.
-#}
{% macro term_of(day) -%}
    (
        year({{ day }})
        || case when month({{ day }}) >= 9 then '-autumn' when month({{ day }}) <= 3 then '-spring' else '-summer' end
    )
{%- endmacro %}
