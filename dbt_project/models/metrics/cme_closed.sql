{{ figures_from(ref('referrals'), count='referral_id', where='is_in_period and is_closed') }}
