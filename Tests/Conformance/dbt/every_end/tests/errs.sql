select nothing from {{ ref('plain') }}
