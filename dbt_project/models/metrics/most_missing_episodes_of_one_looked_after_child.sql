{{ maximum_from(ref('children'), largest='missing_episodes_while_looked_after', is_by_area=true) }}
