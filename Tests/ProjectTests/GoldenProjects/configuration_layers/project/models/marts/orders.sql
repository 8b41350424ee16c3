{{ config(materialized='table', tags='own', alias='order') }} select * from {{ ref('stg_orders') }} limit {{ var('limit') }}
