{{ rate_from(ref('return_interviews'), numerator='is_held_within_72_hours') }}
