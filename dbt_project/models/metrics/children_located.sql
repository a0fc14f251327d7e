{{ figures_from(ref('children'), count='child_id', where='is_located', is_by_area=true) }}
