/* What the parts of the graph share. */
#ifndef TARE_MODEL_GRAPH_PRIVATE_H
#define TARE_MODEL_GRAPH_PRIVATE_H

#include "model/graph.h"

void tare_graph_index_free(tare_graphs *all);
/* Is this name given or used anywhere, by a value or a node? */
tare_status tare_graph_index_taken(tare_graphs *all, tare_str name, bool *taken, tare_error *err);
tare_status tare_graph_index_take(tare_graphs *all, tare_str name, tare_error *err);
/* Edits keep an index that is there true. node NULL: an output of g. */
tare_status tare_graph_index_use(tare_graph *g, tare_node *node, uint32_t input, tare_str name, tare_error *err);
void tare_graph_index_unuse(tare_graph *g, const tare_node *node, uint32_t input, tare_str name);
tare_status tare_graph_index_give(tare_graph *g, tare_part *part, uint32_t output, tare_str name, tare_error *err);
void tare_graph_index_ungive(tare_graph *g, const tare_part *part, uint32_t output, tare_str name);
tare_opset *tare_graphs_find_opset(const tare_graphs *all, const char *domain); /* the highest; NULL if none */

#endif
