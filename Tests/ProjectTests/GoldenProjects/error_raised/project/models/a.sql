select 1
{{ exceptions.raise_compiler_error('no such option') }}
{{ env_var('NOT_SET') }}