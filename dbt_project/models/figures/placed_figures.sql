with placed as (
    select
        keys.*,
        -- What did not occur has no result: a count of 0, a rate, mean or median of nothing.
        case when keys.kind != 'median' then coalesce(results.numerator, 0) end as counted_numerator,
        case
            when keys.kind in ('count', 'maximum') then null
            when results.metric_id is null then 0
            else results.denominator
        end as counted_denominator,
        results.value as counted_value,
        results.contributors,
        -- A rate whose population is not known.
        keys.is_available
        and not (keys.kind = 'rate' and results.metric_id is not null and results.denominator is null) as is_known
    from {{ ref('figure_keys') }} as keys
    left join {{ ref('metric_results') }} as results
        on
            keys.metric_id = results.metric_id
            and keys.authority = results.authority
            and keys.breakdown = results.breakdown
            and keys.category = results.category
)

select
    edition,
    authority,
    metric_id,
    breakdown,
    category,
    case when is_known then counted_numerator end as numerator,
    case when is_known then counted_denominator end as denominator,
    cast(
        case
            when not is_known then null
            when kind in ('count', 'maximum') then counted_numerator
            else counted_value
        end as decimal(18, 1)
    ) as value,
    unit,
    case
        when not is_known then 'not_available'
        when counted_denominator = 0 then 'not_applicable'
        else 'published'
    end as status,
    period_start,
    period_end,
    as_at,
    is_for_scorecard,
    case when is_known and kind not in ('rate', 'mean') then coalesce(contributors, 0) end as contributors
from placed
