error[compile.hidden_ref]: 'hidden' refers to 'base', which did not show when the project was read
  at   models/hidden.sql:1:37
  try  add this line to the model: -- depends_on: {{ ref('base') }}
