/* What a name means: the role a weight plays and the layer it is in. roles.def is the table. */
#ifndef TARE_ARCH_ROLE_H
#define TARE_ARCH_ROLE_H

#include "model/model.h"

/* "attention.v", "mlp.down", "embedding", "output", "norm" ...; NULL if the name is not known. Works on GGUF and Hugging Face names. */
const char *tare_role_of(tare_str name);
/* The layer number in the name ("blk.12." or "layers.12."), -1 if none. */
int tare_layer_of(tare_str name);
/* Where in name that number stands; false if it has none. */
bool tare_layer_place(tare_str name, size_t *at, size_t *len);
/* All roles, for messages and schemas; NULL past the last. */
const char *tare_role_at(size_t i);

#endif
