-- The children on the list of cases found on roll are those that the figure counts, in every area.
with listed as (
    select
        areas.authority,
        count(distinct matches.child_id) as children
    from {{ ref('areas') }} as areas
    left join {{ ref('register_census_matches') }} as matches
        on areas.member_authority = matches.authority
    group by areas.authority
)

select figures.authority
from {{ ref('figures') }} as figures
left join listed
    on figures.authority = listed.authority
where
    figures.metric_id = 'cme_found_on_roll'
    and figures.status = 'published'
    and figures.numerator is distinct from listed.children
