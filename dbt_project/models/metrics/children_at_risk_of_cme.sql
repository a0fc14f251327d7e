{{ figures_from(ref('education_risks'), count='distinct child_id', where='is_active') }}
