{{ figures_from(ref('children'), count='child_id', where='is_missing_three_times_in_90_days', is_by_area=true) }}
