#!/usr/bin/env bash
# The examples of the manuals, run.
exec bash tests/manual.sh man/*.1 man/*.5 man/*.7
