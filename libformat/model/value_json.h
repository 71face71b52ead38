/* Metadata values as JSON, and back. */
#ifndef TARE_MODEL_VALUE_JSON_H
#define TARE_MODEL_VALUE_JSON_H

#include "base/json.h"
#include "model/model.h"

/* As tare_value_json(), into a sink. exact: so that tare_json_value() gives the same bytes again whatever the value: an array within an
 * array says its kind ({"arr:u32":[1,2]}), a NaN with a payload is {"hex":"7fc00001"} (its bits, highest byte first). */
tare_status tare_value_put_json(tare_sink *s, const tare_value *v, bool exact, tare_error *err);
/* "u32", "arr:str", "arr:arr". */
const char *tare_value_kind_text(const tare_value *v);
/* Reads the next value of the walker as one of the kind named; understands both ways of writing. Strings and arrays of the
 * result live in m's arena. */
tare_status tare_json_value(tare_json *j, tare_model *m, tare_str kind, tare_value *out);
/* A string or {"hex":"..."}. */
tare_status tare_json_bytes(tare_json *j, tare_str *out);

#endif
