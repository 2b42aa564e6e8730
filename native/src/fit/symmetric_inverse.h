// The inverse of a symmetric positive definite matrix, by sweeping blocks of it.   Goodnight 1979, "A Tutorial on the SWEEP Operator", doi:10.2307/2683825
//
// One block K of pivots, with D = inverse(A_KK), for all i, j outside K:
//   A_ij -= A_iK D A_Kj        A_iK = A_iK D        A_KK = -D
// Each step keeps the matrix symmetric, so only what lies below the diagonal is computed, n^3 multiply-adds in all; when all blocks were swept it is
// the negative inverse.
#pragma once
#include <cstdint>
#include <functional>
#include <vector>

// In place, both triangles. Products in f32, pivots in f64: the relative error is about that of f32 times the matrix' condition.
//
// matrix   [n][n]; what is above the diagonal is not read
// between  called after each block
// throws   std::domain_error when a pivot shows that the matrix is not positive definite
void invert_symmetric(std::vector<float> & matrix, int64_t n, int32_t threads, const std::function<void()> & between);
