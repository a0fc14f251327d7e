{{ figures_from(ref('children'), count='child_id', where='is_repeatedly_missing', is_by_area=true) }}
