select * from {{ ref('late') }} {{ greet() }}
