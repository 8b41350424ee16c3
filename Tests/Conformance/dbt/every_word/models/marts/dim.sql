{{ config(schema='dims', database=target.database) }} select 1 as id, 'x' as day
