{{ figures_from(ref('factors_cited'), count='distinct citation_id', where="direction = 'pull'") }}
