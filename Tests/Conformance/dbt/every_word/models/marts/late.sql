{{ config(materialized='ephemeral') }} select * from {{ ref('codes') }}
