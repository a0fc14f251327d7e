{{ median_from(ref('referrals'), of='days_to_close', where='is_in_period') }}
