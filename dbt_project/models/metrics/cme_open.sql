{{ figures_from(ref('referrals'), count='referral_id', where='is_open') }}
