{{ figures_from(ref('referrals'), count='distinct child_id', where='is_open') }}
