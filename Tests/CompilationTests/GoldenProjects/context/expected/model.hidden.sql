error[compile.hidden_ref]: dbt was unable to infer all dependencies for the model 'hidden': 'base' did not show when the project was read
  at   models/hidden.sql:1:37
  try  add this line to the model: -- depends_on: {{ ref('base') }}
