error[compile.raised]: no such option
  at   models/raises.sql:1:58
  try  the project's own template raised this error
