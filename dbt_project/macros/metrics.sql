{#-
  What a metric is made of: counts, rates, means, medians and maxima by breakdown. The breakdowns, the scale and the
  population of a metric are read from its entry in _metrics.yml. Every macro yields one row for each authority,
  breakdown and category that occurs: authority, breakdown, category, numerator, denominator, value, contributors.
  Nothing here knows what an episode or a referral is.
-#}

{#-
  How the rows of a relation are cut: the total and each breakdown, with the expression of its category, the quarter or
  term of the scorecard among them unless that is counted on other rows. Each cut is a query of its own over the rows:
  to repeat every row for every cut first takes several times the time and the memory of millions of rows.
-#}
{% macro cuts(is_over_time_apart=false) -%}
    {%- set meta = model.config.meta if execute else {} -%}
    {%- set breakdowns = meta.breakdowns | default([]) -%}
    {%- if meta.over_time and not is_over_time_apart -%}
        {%- set breakdowns = breakdowns + [meta.over_time] -%}
    {%- endif -%}
    {%- set found = [{'breakdown': 'total', 'category': "'all'"}] -%}
    {%- for breakdown in breakdowns -%}
        {%- do found.append({'breakdown': breakdown, 'category': breakdown.split('/') | join(" || '/' || ")}) -%}
    {%- endfor -%}
    {%- do return(found) -%}
{%- endmacro %}

{% macro grouped_by(cut) -%}
    group by things.authority{{ ', ' ~ cut.category if cut.breakdown != 'total' }}
{%- endmacro %}

{#-
  The rows of a mart, once for each authority that a figure is given for. A mart that is by area already says so:
  a child of two authorities is one row in each and one row in `all`.
-#}
{% macro rows_by_area(relation, where, is_by_area) -%}
    {%- if is_by_area %}
    select * from {{ relation }}
    {%- else %}
    select
        {{ all_but(relation.identifier, ['authority'], 'things') }},
        areas.authority
    from {{ relation }} as things
    inner join {{ ref('areas') }} as areas
        on things.authority = areas.member_authority
    {%- endif %}
    {%- if where %}
    where {{ where }}
    {%- endif %}
{%- endmacro %}

{#-
  The rows of a mart, each once in its authority, and those of children whom several authorities know once more in
  `all`. Of the others, `all` is the sum of the authorities: it need not be counted again.
-#}
{% macro rows_of_children(relation, where=none) -%}
    select
        {{ all_but(relation.identifier, ['authority'], 'things') }},
        things.authority
    from {{ relation }} as things
    {%- if where %}
    where {{ where }}
    {%- endif %}
    union all
    select
        {{ all_but(relation.identifier, ['authority'], 'things') }},
        areas.authority
    from {{ relation }} as things
    inner join {{ ref('areas') }} as areas
        on things.authority = areas.member_authority
    where
        areas.authority = 'all'
        and things.is_known_to_several
        {%- if where %}
        and ({{ where }})
        {%- endif %}
{%- endmacro %}

{#- What was counted on such rows, with the `area` that each row of it belongs to: in `all`, what is not counted there already. -#}
{% macro placed_in_areas(counted) -%}
    select
        counted.*,
        areas.authority as area
    from {{ counted }} as counted
    inner join {{ ref('areas') }} as areas
        on
            counted.authority = areas.member_authority
            and (areas.authority != 'all' or not counted.is_counted_in_all)
    union all
    select
        counted.*,
        counted.authority as area
    from {{ counted }} as counted
    where counted.authority = 'all'
{%- endmacro %}

{#- An exact ratio to one decimal, half away from zero, in whole-number arithmetic: a float could fall either way. -#}
{% macro rounded(numerator, denominator) -%}
    cast(
        {{ sign_of(numerator) }} * (
            {{ divided('(abs(' ~ numerator ~ ') * 20 + ' ~ denominator ~ ')', 'nullif(2 * ' ~ denominator ~ ', 0)') }}
        ) * 0.1 as decimal(18, 1)
    )
{%- endmacro %}

{#- The children behind a number. Each row of a mart that is by area is another child. -#}
{% macro contributors(is_by_area) -%}
    count({{ 'distinct ' if not is_by_area }}things.child_id)
{%- endmacro %}

{% macro counts_by_cut(relation, count, where=none, is_by_area=false, is_over_time_apart=false) -%}
    {%- for cut in cuts(is_over_time_apart) %}
    {{ 'union all' if not loop.first }}
    select
        things.authority,
        '{{ cut.breakdown }}' as breakdown,
        {{ cut.category }} as category,
        count({{ count }}) as numerator,
        {{ contributors(is_by_area) }} as contributors
    from ({{ rows_by_area(relation, where, is_by_area) }}) as things
    {{ grouped_by(cut) }}
    {%- endfor %}
{%- endmacro %}

{#-
  A count of the rows of a relation, or of `distinct` things where a thing has several rows. People who may come back
  in another quarter or term, or who are there on another census day, are counted in each of them, on the rows of
  `in_each`: what they came with. What belongs to one child is counted in each authority and added up for `all`, where
  the mart says of which children it may not be; a thing that may belong to several children is counted in `all` as in
  any area.
-#}
{% macro figures_from(relation, count, where=none, is_by_area=false, in_each=none, in_each_where=none) -%}
{%- set meta = model.config.meta if execute else {} -%}
{%- set each = meta.over_time or meta.on_days or 'category' -%}
{%- set is_added_up = (
    execute
    and 'is_known_to_several' in graph.nodes['model.' ~ project_name ~ '.' ~ relation.identifier].columns
    and (count == 'distinct child_id' or not count.startswith('distinct'))
) -%}
{%- set is_placed = is_added_up or in_each is not none -%}
with counted as (
    {%- for cut in cuts(in_each is not none) %}
    {{ 'union all' if not loop.first }}
    select
        things.authority,
        {%- if is_placed %}
        {{ 'things.is_known_to_several' if is_added_up else 'true' }} as is_counted_in_all,
        {%- endif %}
        '{{ cut.breakdown }}' as breakdown,
        {{ cut.category }} as category,
        count({{ count }}) as numerator,
        {{ contributors(is_by_area) }} as contributors
    from ({{ rows_of_children(relation, where) if is_added_up else rows_by_area(relation, where, is_by_area) }}) as things
    {{ grouped_by(cut) }}{{ ', things.is_known_to_several' if is_added_up }}
    {%- endfor %}
    {%- if in_each %}
    union all
    select
        things.authority,
        things.is_known_to_several as is_counted_in_all,
        '{{ each }}' as breakdown,
        things.{{ each }} as category,
        count(distinct things.child_id) as numerator,
        count(distinct things.child_id) as contributors
    from ({{ rows_of_children(in_each, in_each_where) }}) as things
    group by things.authority, things.{{ each }}, things.is_known_to_several
    {%- endif %}
)

{%- if is_placed %},

placed as (
    {{ placed_in_areas('counted') }}
),

added_up as (
    select
        area as authority,
        breakdown,
        category,
        cast(sum(numerator) as bigint) as numerator,
        cast(sum(contributors) as bigint) as contributors
    from placed
    group by area, breakdown, category
)
{%- endif %}

select
    authority,
    breakdown,
    category,
    numerator,
    cast(null as bigint) as denominator,
    cast(numerator as decimal(18, 1)) as value,
    contributors
from {{ 'added_up' if is_placed else 'counted' }}
{%- endmacro %}

{#- A share: the rows of a relation for which `numerator` is true, of all its rows. -#}
{% macro rate_from(relation, numerator, where=none, is_by_area=false) -%}
with counted as (
    {%- for cut in cuts() %}
    {{ 'union all' if not loop.first }}
    select
        things.authority,
        '{{ cut.breakdown }}' as breakdown,
        {{ cut.category }} as category,
        count(*) filter (where {{ numerator }}) as numerator,
        count(*) as denominator
    from ({{ rows_by_area(relation, where, is_by_area) }}) as things
    {{ grouped_by(cut) }}
    {%- endfor %}
)

{{ _rates('counted') }}
{%- endmacro %}

{#- A count for each of the people of the population group that the metric's entry names. -#}
{% macro rate_per_population(relation, count, where=none, is_by_area=false) -%}
with counted as (
    {{ counts_by_cut(relation, count, where, is_by_area) }}
),

per_population as (
    select
        denominators.authority,
        'total' as breakdown,
        'all' as category,
        coalesce(counted.numerator, 0) as numerator,
        denominators.population as denominator
    from {{ ref('denominators') }} as denominators
    left join counted
        on denominators.authority = counted.authority
    where denominators.population_group = '{{ model.config.meta.denominator }}'
)

{{ _rates('per_population') }}
{%- endmacro %}

{#- A mean: the rows of one relation for each row of another, cut alike. -#}
{% macro mean_from(things, count_things, of, count_of, things_by_area=false, of_by_area=false) -%}
with things as (
    {{ counts_by_cut(things, count_things, none, things_by_area) }}
),

owners as (
    {{ counts_by_cut(of, count_of, none, of_by_area) }}
),

divided as (
    select
        authority,
        breakdown,
        category,
        coalesce(things.numerator, 0) as numerator,
        coalesce(owners.numerator, 0) as denominator
    from things
    full outer join owners using (authority, breakdown, category)
)

{{ _rates('divided') }}
{%- endmacro %}

{% macro _rates(counted) -%}
select
    authority,
    breakdown,
    category,
    numerator,
    denominator,
    {{ rounded('numerator * ' ~ (model.config.meta.scale | default(1)), 'denominator') }} as value,
    cast(null as bigint) as contributors
from {{ counted }}
{%- endmacro %}

{#- The middle of whole numbers, in units of `per` of them; of an even number the mean of the two middle ones. -#}
{% macro median_from(relation, of, per=1, where=none, is_by_area=false) -%}
with middles as (
    {%- for cut in cuts() %}
    {{ 'union all' if not loop.first }}
    select
        things.authority,
        '{{ cut.breakdown }}' as breakdown,
        {{ cut.category }} as category,
        count(things.{{ of }}) as denominator,
        -- Twice the median of whole numbers is a whole number, and a double holds it exactly.
        cast(2 * {{ middle_of('things.' ~ of) }} as bigint) as twice_the_median,
        count(distinct things.child_id) as contributors
    from ({{ rows_by_area(relation, where, is_by_area) }}) as things
    where things.{{ of }} is not null
    {{ grouped_by(cut) }}
    {%- endfor %}
)

select
    authority,
    breakdown,
    category,
    cast(null as bigint) as numerator,
    denominator,
    {{ rounded('twice_the_median', 2 * per) }} as value,
    contributors
from middles
{%- endmacro %}

{#- The largest number that one row has. Its contributors are the children who have that number. -#}
{% macro maximum_from(relation, largest, is_by_area=false) -%}
with ranked as (
    select
        *,
        max({{ largest }}) over (partition by authority) as maximum
    from ({{ rows_by_area(relation, none, is_by_area) }}) as things
),

maxima as (
    select
        authority,
        maximum as numerator,
        count(distinct child_id) as contributors
    from ranked
    where {{ largest }} = maximum and maximum > 0
    group by authority, maximum
)

select
    authority,
    'total' as breakdown,
    'all' as category,
    numerator,
    cast(null as bigint) as denominator,
    cast(numerator as decimal(18, 1)) as value,
    contributors
from maxima
{%- endmacro %}
