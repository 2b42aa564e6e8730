// What is refused, and in which words.
#pragma once
#include "check.h"
#include "error.h"
#include <functional>
#include <string>

// The error of the user that the body ends in; the test fails when it ends in none.
inline user_error refusal(const std::function<void()> & body) {
    try {
        body();
    } catch (const user_error & error) {
        return error;
    }
    throw check_failed("nothing was refused");
}

inline bool says(const std::string & text, const std::string & words) { return text.find(words) != std::string::npos; }
