{{ median_from(ref('episodes'), of='located_after_seconds', per=3600, where='is_missing') }}
