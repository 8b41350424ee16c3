select 'x' as other from {{ ref('plain') }}
