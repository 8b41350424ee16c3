{{ config(materialized='table', pre_hook=['select 1', 'select 2'], meta={'level': var('depth')}) }}
select {{ helper.lend('a') }} {{ loop(3) }} from {{ ref('fct', v=1) }} join {{ ref('dim') }} using (id) {% if execute %}{{ greet('never') }}{% endif %}{% if var('inner') == 1 %}{{ words.greet('x') }}{% endif %}
