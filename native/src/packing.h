// Which rows are computed together: rows that begin alike side by side, as many as the limits allow, in parts of about the same size.
#pragma once
#include "model.h"
#include "target_pattern.h"
#include "token_layout.h"
#include <cstddef>
#include <vector>

struct packing_limits {
    size_t rows, columns; // of one part, each at least 1; a single row may have more columns
};

// A function of the rows alone, whatever the machine: the order decides in which order gradients add up.
//
// share_prefixes  false: parts in the order of the rows, every token a column
// returns         indices of the rows, each once
std::vector<std::vector<size_t>> pack(const std::vector<const std::vector<llama_token> *> & rows, packing_limits limits, bool share_prefixes);

// What a part of a batch may take: bytes of what the backward needs of the forward, and no more columns than pay.
struct activation_room { size_t bytes, columns; };

const activation_room ROOM_ON_CPU = {850'000'000, 4096}; // with what else a run holds, less than 1 GB above the weights

// On a card products need tens of thousands of columns to be fast: an eighth of its memory, which is a fact of the card and not of who else uses it.
activation_room room_on_card(size_t card_bytes);

// How many columns to train on at once when nobody says: so many as the room holds, and not so few that the frozen weights are read for
// nothing. A function of the model and of the layers that are adapted.
size_t training_columns_at_once(const base_model & model, const std::vector<layer_name> & adapted, const activation_room & room = ROOM_ON_CPU);

// The same for scoring, which keeps nothing of a block once it is computed.
const size_t SCORING_COLUMNS_AT_ONCE = 4096;
