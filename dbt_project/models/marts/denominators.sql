with latest as (
    select
        population.authority,
        population.population_group,
        {{ last_of('population.population', ['population.year_ending']) }} as population
    from {{ ref('stg_population') }} as population
    inner join {{ ref('stg_edition_periods') }} as periods
        on
            periods.collection = 'missing'
            and population.year_ending <= periods.period_end
    group by population.authority, population.population_group
),

population_groups as (
    select listed.population_group
    from (values ('children_0_17'), ('children_5_16'), ('looked_after_during_year')) as listed (population_group)
)

select
    areas.authority,
    population_groups.population_group,
    -- The rate of several authorities needs the population of each.
    case when count(*) = count(latest.population) then cast(sum(latest.population) as bigint) end as population
from {{ ref('areas') }} as areas
cross join population_groups
left join latest
    on
        areas.member_authority = latest.authority
        and population_groups.population_group = latest.population_group
group by areas.authority, population_groups.population_group
