{{ rate_from(ref('return_interviews'), numerator='is_offered_within_72_hours') }}
