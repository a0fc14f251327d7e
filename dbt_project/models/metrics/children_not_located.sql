{{ figures_from(ref('children'), count='child_id', where='not is_located', is_by_area=true) }}
