{{ figures_from(ref('interview_records'), count='distinct interview_id', where='is_held and is_shared_with_police') }}
