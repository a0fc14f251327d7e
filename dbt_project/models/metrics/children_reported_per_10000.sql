{{ rate_per_population(ref('children'), count='child_id', is_by_area=true) }}
