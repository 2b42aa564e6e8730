// The loss of predicting the next item among all: -ln softmax(E h)[target], summed over rows and weighted.
#pragma once
#include "fit/dense_products.h"
#include "fit/drawn_items.h"

// h        [n][width], one state a row
// items    [n_items][width], the vectors E that the states are held against
// targets  [n], each below n_items
// drawn    the items that stand for all others (drawn_items.h), or nullptr: all items
// weight   of every row
// dh       [n][width], written; d_items as items, added to
// returns  the sum of the rows' losses, not weighted
double softmax_loss(const_matrix h, const_matrix items, const int32_t * targets, const drawn_items * drawn, float weight, matrix_view dh, matrix_view d_items, int lane);
