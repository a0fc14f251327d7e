{{ median_from(ref('return_interviews'), of='seconds_to_interview', per=3600) }}
