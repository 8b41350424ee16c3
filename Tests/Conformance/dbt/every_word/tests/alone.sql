{{ config(severity='warn', limit=10, tags=['s']) }} select * from {{ ref('dim') }} where id < 0
