{{ figures_from(ref('children'), count='child_id', is_by_area=true, in_each=ref('episodes')) }}
