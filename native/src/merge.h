// An adapter added to the weight it sits on.
#pragma once
#include "lora.h"

// weight [ne0, ne1], the base tensor's values as it is stored: += scale * B A, each row of which is then brought to its magnitude when the pair
// has one. Summed in double.
void merge_pair(float * weight, int64_t ne0, int64_t ne1, const lora_pair & pair, float scale);
