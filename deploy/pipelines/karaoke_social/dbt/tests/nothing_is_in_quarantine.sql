-- What cannot be counted holds nothing up; it is told, and lies in the view with its reason.
{{ config(severity='warn') }}
select * from {{ ref('stg_page_insights_quarantine') }}
