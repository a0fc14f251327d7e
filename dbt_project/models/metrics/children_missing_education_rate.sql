{{ rate_per_population(ref('referrals'), count='distinct child_id', where='is_open') }}
