{{ config(materialized='incremental', unique_key='id') }} select id from {{ ref('plain') }} {% if is_incremental() %} where id > 1 {% endif %}
