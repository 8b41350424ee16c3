extension MacroLibrary {
    static let dates = LibraryFile(
        "dbt", "dates.sql",
        dispatched: [
            "date(year, month, day)", "dateadd(datepart, interval, from_date_or_timestamp)", "datediff(first_date, second_date, datepart)",
            "date_trunc(datepart, date)", "last_day(date, datepart)", "date_spine(datepart, start_date, end_date)",
            "get_intervals_between(start_date, end_date, datepart)",
        ], #"""
        {% macro default__date(year, month, day) -%}
            {%- set date = modules.datetime.date(year, month, day) -%}
            to_date('{{ date.strftime('%Y-%m-%d') }}', 'YYYY-MM-DD')
        {%- endmacro %}
        {% macro default__dateadd(datepart, interval, from_date_or_timestamp) -%}
            dateadd({{ datepart }}, {{ interval }}, {{ from_date_or_timestamp }})
        {%- endmacro %}
        {% macro default__datediff(first_date, second_date, datepart) -%}datediff({{ datepart }}, {{ first_date }}, {{ second_date }}){%- endmacro %}
        {% macro default__date_trunc(datepart, date) -%}date_trunc('{{ datepart }}', {{ date }}){%- endmacro %}
        {% macro default__last_day(date, datepart) -%}{{ default_last_day(date, datepart) }}{%- endmacro %}
        {% macro default_last_day(date, datepart) -%}
            cast(
                {{ dateadd('day', '-1', dateadd(datepart, '1', date_trunc(datepart, date))) }}
                as date)
        {%- endmacro %}

        {% macro default__get_intervals_between(start_date, end_date, datepart) -%}
            {%- call statement('get_intervals_between', fetch_result=True) -%}select {{ datediff(start_date, end_date, datepart) }}{%- endcall -%}
            {%- set result = load_result('get_intervals_between') -%}
            {%- if result and result['data'] -%}{{ return(result['data'][0][0]) }}{%- endif -%}
            {{ return(1) }}
        {%- endmacro %}
        {% macro default__date_spine(datepart, start_date, end_date) %}


            {{ "\n" }}

            with rawdata as (

                {{ generate_series(get_intervals_between(start_date, end_date, datepart)) }}

            ),

            all_periods as (

                select (
                    {{ dateadd(datepart, 'row_number() over (order by 1) - 1', start_date) }}
                ) as date_{{ datepart }}
                from rawdata

            ),

            filtered as (

                select *
                from all_periods
                where date_{{ datepart }} <= {{ end_date }}

            )

            select * from filtered

        {% endmacro %}

        {% macro convert_datetime(date_str, date_fmt) %}
            {{ return(modules.datetime.datetime.strptime(date_str, date_fmt)) }}
        {% endmacro %}
        {% macro dates_in_range(start_date_str, end_date_str=none, in_fmt="%Y%m%d", out_fmt="%Y%m%d") %}
            {%- set first = convert_datetime(start_date_str, in_fmt) -%}
            {%- set last = convert_datetime(end_date_str or start_date_str, in_fmt) -%}
            {%- set count = (last - first).days + 1 -%}
            {%- if count < 0 -%}
                {{ exceptions.raise_compiler_error('Partition start date is after the end date: ' ~ start_date_str ~ ', ' ~ end_date_str) }}
            {%- endif -%}
            {%- set dates = [] -%}
            {%- for offset in range(count) -%}
                {%- do dates.append((first + modules.datetime.timedelta(days=offset)).strftime(out_fmt)) -%}
            {%- endfor -%}
            {{ return(dates) }}
        {% endmacro %}
        {% macro partition_range(raw_partition_date, date_fmt='%Y%m%d') %}
            {%- set ends = (raw_partition_date | string).split(',') | map('trim') | list -%}
            {%- if ends | length > 2 -%}
                {{ exceptions.raise_compiler_error('Invalid partition time. Expected format: {Start Date}[,{End Date}]. Got: ' ~ raw_partition_date) }}
            {%- endif -%}
            {{ return(dates_in_range(ends[0], ends[1] if ends | length == 2 else none, in_fmt=date_fmt)) }}
        {% endmacro %}
        {% macro py_current_timestring() %}{{ return(modules.datetime.datetime.now().strftime('%Y%m%d%H%M%S%f')) }}{% endmacro %}
        """#)

    static let seriesOfRows = LibraryFile(
        "dbt", "generate_series.sql", dispatched: ["get_powers_of_two(upper_bound)", "generate_series(upper_bound)"], #"""
        {% macro default__get_powers_of_two(upper_bound) %}
            {%- if upper_bound <= 0 -%}{{ exceptions.raise_compiler_error('upper bound must be positive') }}{%- endif -%}
            {%- for power in range(1, 100) if upper_bound <= 2 ** power -%}{{ return(power) }}{%- endfor -%}
        {% endmacro %}
        {% macro default__generate_series(upper_bound) %}

            {% set powers = get_powers_of_two(upper_bound) %}

            with p as (
                select 0 as generated_number union all select 1
            ), unioned as (

            select

            {% for power in range(powers) %}
            p{{ power }}.generated_number * power(2, {{ power }})
            {{ ' + ' if not loop.last }}
            {% endfor %}
            + 1
            as generated_number

            from

            {% for power in range(powers) %}
            p as p{{ power }}
            {{ ' cross join ' if not loop.last }}
            {% endfor %}

            )

            select *
            from unioned
            where generated_number <= {{ upper_bound }}
            order by generated_number

        {% endmacro %}
        """#)
}
