{{ figures_from(
    ref('referred_children'), count='child_id', is_by_area=true, in_each=ref('referrals'), in_each_where='is_in_period'
) }}
