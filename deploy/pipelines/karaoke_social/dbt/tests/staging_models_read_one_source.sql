{#- A staging model is a view of one raw table: it reads exactly one source, and no other model. -#}
{%- set wrong = [] -%}
{%- if execute -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and 'staging' in node.fqn -%}
        {%- set sources = [] -%}
        {%- for parent in node.depends_on.nodes if parent.startswith('source.') -%}{%- do sources.append(parent) -%}{%- endfor -%}
        {%- if sources | length != 1 or node.depends_on.nodes | length != 1 -%}{%- do wrong.append(node.name) -%}{%- endif -%}
    {%- endfor -%}
{%- endif -%}
{%- for name in wrong %}
select '{{ name }}' as model
union all
{%- endfor %}
select 'none' as model where 1 = 0
