{{ figures_from(ref('return_interviews'), count='episode_id', where='is_offered') }}
