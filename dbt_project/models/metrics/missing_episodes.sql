{{ figures_from(ref('episodes'), count='episode_id', where='is_missing') }}
