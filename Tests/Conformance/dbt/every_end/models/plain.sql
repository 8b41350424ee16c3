select * from {{ ref('words') }}
