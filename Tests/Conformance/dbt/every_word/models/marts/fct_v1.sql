{%- set x = ref('dim') -%} select * from {{ x }} -- {{ env_var('WORDS_NOTE', 'none') }}
