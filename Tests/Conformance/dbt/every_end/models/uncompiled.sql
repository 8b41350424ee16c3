select {{ exceptions.raise_compiler_error('no') if execute }} from {{ ref('plain') }}
