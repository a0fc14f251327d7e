{{ figures_from(ref('referred_children'), count='child_id', is_by_area=true) }}
