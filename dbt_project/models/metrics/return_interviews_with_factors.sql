{{ figures_from(ref('interview_records'), count='distinct interview_id', where='is_held and has_factors') }}
