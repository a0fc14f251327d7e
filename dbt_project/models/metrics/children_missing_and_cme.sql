{{ figures_from(ref('referred_children'), count='child_id', where='is_also_missing', is_by_area=true) }}
