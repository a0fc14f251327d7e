-- The episodes by day and hour, those without a time of day among them, are all that were reported, in every area.
with begun as (
    select
        authority,
        sum(episodes) as episodes
    from {{ ref('episode_starts') }}
    group by authority
)

select figures.authority
from {{ ref('figures') }} as figures
left join begun
    on figures.authority = begun.authority
where
    figures.metric_id = 'episodes_reported'
    and figures.breakdown = 'total'
    and figures.status = 'published'
    and figures.numerator is distinct from coalesce(begun.episodes, 0)
