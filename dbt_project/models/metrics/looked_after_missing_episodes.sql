{{ figures_from(ref('episodes'), count='episode_id', where='is_missing_while_looked_after') }}
