select {{ lend('q') }} as id, '{{ var("lent") }}' as l
