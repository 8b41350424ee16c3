{% set wanted = ['stg_orders', 'orders'] %}{% for name in wanted %}select * from {{ ref(name) }} {% if not loop.last %}union all {% endif %}{% endfor %}
