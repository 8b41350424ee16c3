select * from {{ source('raw', 'pages') }} {% if is_incremental() %} where at > (select max(at) from {{ this }}) {% endif %}
