{{ mean_from(ref('episodes'), count_things='episode_id', of=ref('children'), count_of='child_id', of_by_area=true) }}
