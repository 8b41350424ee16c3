error[compile.hidden_ref]: dbt was unable to infer all dependencies for the model "hidden".
This typically happens when ref() is placed within a conditional block.

To fix this, add the following hint to the top of the model "hidden":

-- depends_on: {{ ref('base') }}
  at   models/hidden.sql:1:37
