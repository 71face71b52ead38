#!/bin/sh
# Every schema is a valid JSON Schema.
set -eu
python3 -c 'import jsonschema' 2>/dev/null || { echo "SKIP python3-jsonschema is not installed"; exit 77; }
python3 - schemas/*.json <<'PY'
import json, sys, jsonschema
for path in sys.argv[1:]:
    schema = json.load(open(path))
    jsonschema.validators.validator_for(schema).check_schema(schema)
PY
