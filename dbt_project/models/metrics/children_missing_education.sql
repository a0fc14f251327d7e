{{ figures_from(
    ref('referrals'), count='distinct child_id', where='is_open', in_each=ref('referrals_on_census_days')
) }}
