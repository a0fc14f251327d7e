{{ figures_from(ref('referred_children'), count='child_id', where='is_re_referred', is_by_area=true) }}
