{{ rate_per_population(ref('children'), count='child_id', where='is_missing_while_looked_after', is_by_area=true) }}
